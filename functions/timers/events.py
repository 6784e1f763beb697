"""Timers of events: log them and hand them to the feeds, each feed by itself, and forget old ones."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import azure.functions as func

from shared.container import ContainerGetter

log = logging.getLogger(__name__)

RELAY: Final = "*/3 * * * * *"
PUBLISH: Final = "*/5 * * * * *"
SWEEP: Final = "30 * * * * *"
TRIM: Final = "0 17 * * * *"
"""NCRONTAB: second minute hour day month weekday."""


def blueprint(container: ContainerGetter) -> func.Blueprint:
    """The timer functions."""
    timers = func.Blueprint()  # type: ignore[no-untyped-call]

    @timers.function_name("relay_events")
    @timers.timer_trigger(arg_name="timer", schedule=RELAY, run_on_startup=False, use_monitor=True)
    async def relay_events(timer: func.TimerRequest) -> None:
        events = (await container()).events
        await events.relay.run()
        # One feed in trouble does not hold up the other: both are tried, then the trouble is told.
        outcomes = await asyncio.gather(
            events.fan_out.run(), events.notification_feed.run(), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    @timers.function_name("publish_events")
    @timers.timer_trigger(arg_name="timer", schedule=PUBLISH, run_on_startup=False, use_monitor=True)
    async def publish_events(timer: func.TimerRequest) -> None:
        publish = (await container()).events.publish
        if publish is not None:
            await publish.run()

    @timers.function_name("sweep_events")
    @timers.timer_trigger(arg_name="timer", schedule=SWEEP, run_on_startup=False, use_monitor=True)
    async def sweep_events(timer: func.TimerRequest) -> None:
        events = (await container()).events
        await events.sweep.run()
        await events.changes.sweep()

    @timers.function_name("trim_events")
    @timers.timer_trigger(arg_name="timer", schedule=TRIM, run_on_startup=False, use_monitor=True)
    async def trim_events(timer: func.TimerRequest) -> None:
        events = (await container()).events
        forgotten = await events.trim.run()
        if forgotten:
            log.info("forgot %s old events", forgotten)

    return timers
