"""The store of schedules."""

from __future__ import annotations

from typing import Protocol

from shared.domain.page import Versioned
from shared.domain.schedules import Schedule


class ScheduleStore(Protocol):
    """Schedules, few."""

    async def insert(self, schedule: Schedule) -> None:
        """Write a new one.

        Raises:
            AlreadyExistsError: the id is taken.
        """
        ...

    async def get(self, schedule_id: str) -> Versioned[Schedule] | None:
        """One, or None."""
        ...

    async def replace(self, schedule: Schedule, etag: str) -> Versioned[Schedule]:
        """Write it if its stored version is still `etag`.

        Raises:
            VersionConflictError: somebody else wrote it.
            MissingError: it is not there.
        """
        ...

    async def delete(self, schedule_id: str) -> None:
        """Remove it; absent is no error."""
        ...

    async def all(self) -> list[Versioned[Schedule]]:
        """Every schedule, oldest first."""
        ...
