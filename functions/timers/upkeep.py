"""Timers of the engine: restart scans that stand still, publish events that wait."""

from __future__ import annotations

import logging
from typing import Final

import azure.functions as func

from shared.container import ContainerGetter
from shared.services.sweep_scans import SweepScans

log = logging.getLogger(__name__)

SWEEP: Final = "*/30 * * * * *"
PUBLISH: Final = "*/10 * * * * *"
"""NCRONTAB: second minute hour day month weekday."""


def blueprint(container: ContainerGetter) -> func.Blueprint:
    """The timer functions."""
    timers = func.Blueprint()  # type: ignore[no-untyped-call]

    @timers.function_name("stuck_scans")
    @timers.timer_trigger(arg_name="timer", schedule=SWEEP, run_on_startup=False, use_monitor=True)
    async def stuck_scans(timer: func.TimerRequest) -> None:
        restarted = await SweepScans((await container()).engine).run()
        if restarted:
            log.warning("started %s scans again", restarted)

    @timers.function_name("publish_events")
    @timers.timer_trigger(arg_name="timer", schedule=PUBLISH, run_on_startup=False, use_monitor=True)
    async def publish_events(timer: func.TimerRequest) -> None:
        events = (await container()).events
        if events is not None:
            await events.run()

    return timers
