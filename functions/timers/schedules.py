"""The timer that starts scheduled scans."""

from __future__ import annotations

import logging
from typing import Final

import azure.functions as func

from shared.container import ContainerGetter

log = logging.getLogger(__name__)

LOOK: Final = "*/15 * * * * *"
"""NCRONTAB: second minute hour day month weekday. A look costs one read of a small partition."""


def blueprint(container: ContainerGetter) -> func.Blueprint:
    """The timer function."""
    timers = func.Blueprint()  # type: ignore[no-untyped-call]

    @timers.function_name("scheduled_scans")
    @timers.timer_trigger(arg_name="timer", schedule=LOOK, run_on_startup=False, use_monitor=True)
    async def scheduled_scans(timer: func.TimerRequest) -> None:
        started = await (await container()).events.fire.run()
        if started:
            log.info("started %s scheduled scans", started)

    return timers
