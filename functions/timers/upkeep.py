"""Timers of the engine: restart scans that stand still."""

from __future__ import annotations

import logging
from typing import Final

import azure.functions as func

from shared.container import ContainerGetter
from shared.services.sweep_scans import SweepScans

log = logging.getLogger(__name__)

SWEEP: Final = "*/30 * * * * *"
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

    return timers
