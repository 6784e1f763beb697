"""Starting scans that are due: once for each due time, whoever looks and whatever dies.

A run is written into the schedule's row, with the id of its scan, before the scan starts. Only one host can
write that. A host that finds a run under way looks whether its scan is there and starts it if not: under the
same id, so that two who do so at once start one.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from shared.domain.errors import DomainError, InvalidRequestError, Reason, UnavailableError
from shared.domain.page import Versioned
from shared.domain.principal import Principal, Role
from shared.domain.scan import Scan, ScanRequest
from shared.domain.schedules import BUILT_IN, Outcome, Run, Schedule
from shared.ports.clock import Clock
from shared.ports.config_source import ConfigSource
from shared.ports.errors import InventoryError, MissingError, PortError, VersionConflictError
from shared.ports.inventory import Inventory
from shared.ports.schedule_store import ScheduleStore
from shared.ports.stores import ScanStore
from shared.services.start_scan import StartScan

log = logging.getLogger(__name__)

PATIENCE: Final = timedelta(minutes=15)
"""How long a run waits for a broker or for Azure before it counts as failed."""


class FireSchedules:
    """Handles the timer `scheduled_scans`."""

    def __init__(
        self,
        schedules: ScheduleStore,
        scans: ScanStore,
        start: StartScan,
        inventory: Inventory,
        config: ConfigSource,
        clock: Clock,
    ) -> None:
        self._schedules = schedules
        self._scans = scans
        self._start = start
        self._inventory = inventory
        self._config = config
        self._clock = clock

    async def run(self) -> int:
        """Start what is due; how many scans that were. A schedule in trouble holds up no other.

        Raises:
            ExceptionGroup: what went wrong with some schedules; they are tried again at the next run.
        """
        started = 0
        troubles: list[Exception] = []
        for found in await self._schedules.all():
            try:
                started += await self._look(found)
            except (DomainError, PortError, ValueError) as error:  # ValueError: a zone this machine lacks
                log.warning("schedule %s: %s", found.value.schedule_id, error)
                troubles.append(error)
        if troubles:
            raise ExceptionGroup("some schedules could not be worked on", troubles)
        return started

    async def _look(self, found: Versioned[Schedule]) -> bool:
        schedule = await self._configured(found.value)
        try:
            if schedule.firing is None:
                now = self._clock.now()
                if not schedule.is_due(now):
                    if schedule != found.value:
                        await self._schedules.replace(schedule, found.etag)
                    return False
                if await self._still_running(schedule):
                    run = Run(due=schedule.next_due or now, at=now, outcome=Outcome.OVERLAP)
                    await self._schedules.replace(schedule.ended(run), found.etag)
                    return False
                found = await self._schedules.replace(schedule.begun(now), found.etag)
            run = await self._fire(found.value)
            await self._schedules.replace(found.value.ended(run), found.etag)
        except (VersionConflictError, MissingError):
            return False  # somebody else works on it, changed it or removed it
        return run.outcome is Outcome.STARTED

    async def _configured(self, schedule: Schedule) -> Schedule:
        """The built-in schedule with the interval that the configuration has now."""
        if schedule.schedule_id != BUILT_IN:
            return schedule
        minutes = await self._config.scan_interval_minutes()
        if schedule.cadence.interval_minutes == minutes:
            return schedule
        cadence = schedule.cadence.model_copy(update={"interval_minutes": minutes})
        return schedule.model_copy(update={"cadence": cadence}).armed(self._clock.now())

    async def _still_running(self, schedule: Schedule) -> bool:
        if schedule.last_scan_id is None:
            return False
        found = await self._scans.get(schedule.last_scan_id)
        return found is not None and not found.value.status.terminal

    async def _fire(self, schedule: Schedule) -> Run:
        """Start the scan of the run under way, unless it is there.

        Raises:
            DomainError, PortError: it may work later.
        """
        firing = schedule.firing
        if firing is None:
            raise ValueError("no run is under way")
        now = self._clock.now()
        try:
            if await self._scans.get(firing.scan_id) is None:
                await self._start_scan(schedule, firing.scan_id)
        except (UnavailableError, InventoryError) as error:
            transient = not isinstance(error, InventoryError) or error.transient
            if transient and now - firing.since < PATIENCE:
                raise
            return Run(due=firing.due, at=now, outcome=Outcome.FAILED, message=str(error))
        except InvalidRequestError as error:
            return Run(due=firing.due, at=now, outcome=Outcome.FAILED, message=error.message)
        return Run(due=firing.due, at=now, outcome=Outcome.STARTED, scan_id=firing.scan_id)

    async def _start_scan(self, schedule: Schedule, scan_id: str) -> Scan:
        name = f"schedule:{schedule.schedule_id}"
        principal = Principal(name, schedule.name, Role.OPERATOR)
        return await self._start.start(await self._request(schedule), principal, scan_id)

    async def _request(self, schedule: Schedule) -> ScanRequest:
        group = schedule.management_group
        if group is None:
            return schedule.scan
        members = await self._inventory.management_group_subscriptions(group)
        if not members:
            raise InvalidRequestError.of(
                "management_group", Reason.INVALID_VALUE, "The management group has no subscription"
            )
        return schedule.scan.model_copy(update={"subscriptions": tuple(members)})
