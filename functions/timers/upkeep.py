"""Timers: restart scans that stand still, keep lists of findings true, end suppressions, forget answers."""

from __future__ import annotations

import logging
from typing import Final

import azure.functions as func

from shared.container import ContainerGetter
from shared.services.sweep_scans import SweepScans

log = logging.getLogger(__name__)

SWEEP: Final = "*/30 * * * * *"
REPAIR: Final = "15 * * * * *"
SUPPRESSIONS: Final = "45 * * * * *"
FORGET: Final = "0 20 * * * *"
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

    @timers.function_name("keep_finding_lists")
    @timers.timer_trigger(arg_name="timer", schedule=REPAIR, run_on_startup=False, use_monitor=True)
    async def keep_finding_lists(timer: func.TimerRequest) -> None:
        repaired = await (await container()).finding_lists.repair()
        if repaired:
            log.warning("finished %s changes of findings that were cut short", repaired)

    @timers.function_name("end_suppressions")
    @timers.timer_trigger(arg_name="timer", schedule=SUPPRESSIONS, run_on_startup=False, use_monitor=True)
    async def end_suppressions(timer: func.TimerRequest) -> None:
        await (await container()).application.suppressions.sweep()

    @timers.function_name("forget_answers")
    @timers.timer_trigger(arg_name="timer", schedule=FORGET, run_on_startup=False, use_monitor=True)
    async def forget_answers(timer: func.TimerRequest) -> None:
        await (await container()).application.idempotency.sweep()

    return timers
