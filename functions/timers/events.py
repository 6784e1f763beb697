"""Timers of events: log them and hand them to the feeds, each feed by itself, and forget old ones."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import azure.functions as func

from shared.container import ContainerGetter

if TYPE_CHECKING:
    from shared.container_events import EventParts

log = logging.getLogger(__name__)

RELAY: Final = "*/3 * * * * *"
PUBLISH: Final = "*/5 * * * * *"
SWEEP: Final = "30 * * * * *"
TRIM: Final = "0 17 * * * *"
"""NCRONTAB: second minute hour day month weekday."""
RELAYED_AT_ONCE: Final = 360
"""Events logged before the feeds hear of them: the first of a large scan's do not wait for the last."""
RELAY_ROUNDS: Final = 20


def blueprint(container: ContainerGetter) -> func.Blueprint:
    """The timer functions."""
    timers = func.Blueprint()  # type: ignore[no-untyped-call]

    @timers.function_name("relay_events")
    @timers.timer_trigger(arg_name="timer", schedule=RELAY, run_on_startup=False, use_monitor=True)
    async def relay_events(timer: func.TimerRequest) -> None:
        await _relayed((await container()).events)

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


async def _relayed(events: EventParts) -> None:
    """Log what waits, part by part; after each the feeds hand on what is new."""
    for _ in range(RELAY_ROUNDS):
        moved = await events.relay.run(RELAYED_AT_ONCE)
        # One feed in trouble does not hold up the other: both are tried, then the trouble is told.
        outcomes = await asyncio.gather(
            events.fan_out.run(), events.notification_feed.run(), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        if moved < RELAYED_AT_ONCE:
            return
