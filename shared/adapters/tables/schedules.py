"""Schedules in the table `Schedules`, one partition: they are few."""

from __future__ import annotations

from typing import Final

from azure.data.tables.aio import TableServiceClient

from shared.adapters.tables.codec import decode, encode, pack
from shared.adapters.tables.table import Action, Entity, Table, Write, etag_of
from shared.domain.ids import IdKind, is_id
from shared.domain.page import Versioned
from shared.domain.schedules import BUILT_IN, Schedule
from shared.ports.errors import MissingError

_PARTITION: Final = "schedules"


class TableScheduleStore:
    """`ScheduleStore` on Azure Tables."""

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._table = Table(service, f"{prefix}Schedules")

    async def aclose(self) -> None:
        """Release the table client."""
        await self._table.aclose()

    async def insert(self, schedule: Schedule) -> None:
        """See `ScheduleStore.insert`.

        Raises:
            ValueError: the id is not one of a schedule.
        """
        if not _is_schedule(schedule.schedule_id):
            raise ValueError("not the id of a schedule")
        await self._table.write(Write(Action.CREATE, _row(schedule)))

    async def get(self, schedule_id: str) -> Versioned[Schedule] | None:
        """See `ScheduleStore.get`."""
        if not _is_schedule(schedule_id):
            return None
        row = await self._table.get(_PARTITION, f"s{schedule_id}")
        return None if row is None else Versioned(decode(Schedule, row), etag_of(row))

    async def replace(self, schedule: Schedule, etag: str) -> Versioned[Schedule]:
        """See `ScheduleStore.replace`."""
        written = await self._table.write(Write(Action.REPLACE, _row(schedule), etag))
        return Versioned(schedule, str(written))

    async def delete(self, schedule_id: str) -> None:
        """See `ScheduleStore.delete`."""
        key = {"PartitionKey": _PARTITION, "RowKey": f"s{schedule_id}"}
        try:
            await self._table.write(Write(Action.DELETE, key))
        except MissingError:
            return

    async def all(self) -> list[Versioned[Schedule]]:
        """See `ScheduleStore.all`."""
        where = "PartitionKey eq @partition"
        rows = self._table.rows(where, {"partition": _PARTITION})
        found = [Versioned(decode(Schedule, row), etag_of(row)) async for row in rows]
        return sorted(found, key=lambda one: (one.value.created_at, one.value.schedule_id))


def _is_schedule(schedule_id: str) -> bool:
    return schedule_id == BUILT_IN or is_id(IdKind.SCHEDULE, schedule_id)


def _row(schedule: Schedule) -> Entity:
    key = {"PartitionKey": _PARTITION, "RowKey": f"s{schedule.schedule_id}"}
    return {**key, **pack(encode(schedule))}
