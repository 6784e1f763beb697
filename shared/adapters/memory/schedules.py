"""Schedules in memory."""

from __future__ import annotations

from itertools import count

from shared.domain.page import Versioned
from shared.domain.schedules import Schedule
from shared.ports.errors import AlreadyExistsError, MissingError, VersionConflictError


class MemoryScheduleStore:
    """Twin of `TableScheduleStore`."""

    def __init__(self) -> None:
        self._schedules: dict[str, Versioned[Schedule]] = {}
        self._versions = count(1)

    async def aclose(self) -> None:
        """Nothing to release."""

    async def insert(self, schedule: Schedule) -> None:
        """See `ScheduleStore.insert`."""
        if schedule.schedule_id in self._schedules:
            raise AlreadyExistsError(f"schedule {schedule.schedule_id} exists")
        self._schedules[schedule.schedule_id] = Versioned(schedule, str(next(self._versions)))

    async def get(self, schedule_id: str) -> Versioned[Schedule] | None:
        """See `ScheduleStore.get`."""
        return self._schedules.get(schedule_id)

    async def replace(self, schedule: Schedule, etag: str) -> Versioned[Schedule]:
        """See `ScheduleStore.replace`."""
        stored = self._schedules.get(schedule.schedule_id)
        if stored is None:
            raise MissingError(f"schedule {schedule.schedule_id} is not stored")
        if stored.etag != etag:
            raise VersionConflictError(f"schedule {schedule.schedule_id} was written by somebody else")
        self._schedules[schedule.schedule_id] = written = Versioned(schedule, str(next(self._versions)))
        return written

    async def delete(self, schedule_id: str) -> None:
        """See `ScheduleStore.delete`."""
        self._schedules.pop(schedule_id, None)

    async def all(self) -> list[Versioned[Schedule]]:
        """See `ScheduleStore.all`."""
        return sorted(self._schedules.values(), key=lambda one: (one.value.created_at, one.value.schedule_id))
