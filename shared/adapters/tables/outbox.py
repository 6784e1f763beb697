"""Events to be published, in the table `Outbox`.

An event has two rows. `t<time>~<id>` holds the event; its partition is the second, so that one query over a
range of partitions gives the oldest first. `n<id>` names that row and keeps the id from being taken twice.
The first is written before the second, so a crash in between can only make an event be published again.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Final

from azure.data.tables.aio import TableServiceClient

from shared.adapters.parallel import each
from shared.adapters.tables.batches import write_rows
from shared.adapters.tables.codec import decode, encode, pack
from shared.adapters.tables.keys import ordered
from shared.adapters.tables.table import Action, Entity, Table, Write
from shared.domain.events import Event

_ID_PARTITIONS: Final = 16
"""Few, so that the ids of a scan's events fill transactions; each takes 2,000 rows a second, an account
20,000 (https://learn.microsoft.com/azure/storage/tables/scalability-targets)."""
MAX_EVENT_ID: Final = 200


class TableEventOutbox:
    """`EventOutbox` on Azure Tables."""

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._table = Table(service, f"{prefix}Outbox")

    async def aclose(self) -> None:
        """Release the table client."""
        await self._table.aclose()

    async def append(self, events: Sequence[Event]) -> None:
        """See `EventOutbox.append`.

        Raises:
            ValueError: an id is empty or longer than MAX_EVENT_ID.
        """
        once = list({event.event_id: event for event in reversed(events)}.values())
        await write_rows(self._table, [Write(Action.CREATE, _event_row(event)) for event in once])
        named = await write_rows(self._table, [Write(Action.CREATE, _id_row(event)) for event in once])
        known = [event for event, won in zip(once, named, strict=True) if not won]
        await each(known, self._withdraw)

    async def _row_of(self, key: tuple[str, str]) -> str | None:
        """Key of the event row that an id names."""
        stored = await self._table.get(*key)
        return None if stored is None else str(stored["row"])

    async def _withdraw(self, event: Event) -> None:
        """The id was taken: remove our row, unless it is the one that the id names."""
        row = _row_key(event)
        if await self._row_of(_id_key(event.event_id)) not in (row, None):
            await write_rows(self._table, [_removal((_row_partition(row), row))])

    async def pending(self, limit: int) -> list[Event]:
        """See `EventOutbox.pending`: by time, then id."""
        if limit <= 0:
            return []
        events: list[Event] = []
        where = "PartitionKey ge @low and PartitionKey lt @high"
        async with aclosing(self._table.rows(where, {"low": "t", "high": "u"}, page_size=limit)) as rows:
            async for entity in rows:
                events.append(decode(Event, entity))
                if len(events) == limit:
                    break
        return events

    async def mark_published(self, events: Sequence[Event]) -> None:
        """See `EventOutbox.mark_published`."""
        once = list({event.event_id: event for event in events}.values())
        rows = [_row_key(event) for event in once]
        found = await write_rows(self._table, [_removal((_row_partition(row), row)) for row in rows])
        elsewhere = [event for event, gone in zip(once, found, strict=True) if not gone]
        await each(elsewhere, self._remove_named)
        await write_rows(self._table, [_removal(_id_key(event.event_id)) for event in once])

    async def _remove_named(self, event: Event) -> None:
        """Remove the event row that the id names: the caller's copy of the event may have another time."""
        row = await self._row_of(_id_key(event.event_id))
        if row is not None:
            await write_rows(self._table, [_removal((_row_partition(row), row))])


def _id_key(event_id: str) -> tuple[str, str]:
    if not 0 < len(event_id) <= MAX_EVENT_ID:
        raise ValueError(f"event id must have 1 to {MAX_EVENT_ID} characters")
    return f"n{zlib.crc32(event_id.encode()) % _ID_PARTITIONS:02x}", f"n{ordered(event_id)}"


def _row_key(event: Event) -> str:
    at: datetime = event.time.astimezone(UTC)
    return f"t{at:%Y%m%d-%H%M%S.%f}~{ordered(event.event_id)}"


def _row_partition(row: str) -> str:
    return row[:16]


def _id_row(event: Event) -> Entity:
    partition, key = _id_key(event.event_id)
    return {"PartitionKey": partition, "RowKey": key, "row": _row_key(event)}


def _event_row(event: Event) -> Entity:
    row = _row_key(event)
    return {"PartitionKey": _row_partition(row), "RowKey": row, **pack(encode(event))}


def _removal(key: tuple[str, str]) -> Write:
    return Write(Action.DELETE, {"PartitionKey": key[0], "RowKey": key[1]})
