"""Deliveries of webhooks in the tables `WebhookQueue` and `WebhookDeliveries`.

`WebhookQueue` has the pending ones alone, so that it stays small: `<subject>~<position>~<replay>`, the head
of a chain first. `WebhookDeliveries` is the log, newest event first, and says whether a delivery is over. A
delivery is logged before it is queued, and over in the log before it leaves the queue: whoever repeats either
after a crash finds what is missing and does no more.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, Final

from azure.data.tables.aio import TableServiceClient

from shared.adapters.parallel import each
from shared.adapters.tables.batches import write_rows
from shared.adapters.tables.codec import decode, encode, pack
from shared.adapters.tables.keys import ordered, part
from shared.adapters.tables.table import Action, Entity, Table, Write, etag_of
from shared.domain.page import Page, PageRequest, Versioned
from shared.domain.webhooks import Delivery, DeliveryStatus
from shared.ports.errors import MissingError, VersionConflictError

_CHAIN_PARTITIONS: Final = 16
_HIGHEST: Final = 10**13
_PER_PARTITION: Final = 200


class TableDeliveryStore:
    """`DeliveryStore` on Azure Tables."""

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._queue = Table(service, f"{prefix}WebhookQueue")
        self._log = Table(service, f"{prefix}WebhookDeliveries")

    async def aclose(self) -> None:
        """Release the table clients."""
        await self._queue.aclose()
        await self._log.aclose()

    async def enqueue(self, deliveries: Sequence[Delivery]) -> None:
        """See `DeliveryStore.enqueue`."""
        new = await write_rows(self._log, [Write(Action.CREATE, _log_row(one)) for one in deliveries])
        known = [one for one, created in zip(deliveries, new, strict=True) if not created]
        stored = await each(known, lambda one: self.get(one.webhook_id, one.position, one.replay))
        left = [one for one in stored if one is not None and one.status is DeliveryStatus.PENDING]
        fresh = [one for one, created in zip(deliveries, new, strict=True) if created]
        await write_rows(self._queue, [Write(Action.CREATE, _queue_row(one)) for one in (*fresh, *left)])

    async def head(self, webhook_id: str, subject: str) -> Versioned[Delivery] | None:
        """See `DeliveryStore.head`."""
        partition, key = _chain(webhook_id, subject)
        where = "PartitionKey eq @partition and RowKey ge @low and RowKey lt @high"
        parameters = {"partition": partition, "low": f"{key}~", "high": f"{key}~~"}
        async with aclosing(self._queue.rows(where, parameters, page_size=1)) as rows:
            async for row in rows:
                return Versioned(decode(Delivery, row), etag_of(row))
        return None

    async def update(self, delivery: Delivery, etag: str) -> bool:
        """See `DeliveryStore.update`."""
        try:
            await self._queue.write(Write(Action.REPLACE, _queue_row(delivery), etag))
        except (MissingError, VersionConflictError):
            return False
        await self._log.write(Write(Action.PUT, _log_row(delivery)))
        return True

    async def finish(self, delivery: Delivery) -> None:
        """See `DeliveryStore.finish`."""
        await self._log.write(Write(Action.PUT, _log_row(delivery)))
        row = _queue_row(delivery)
        key = {"PartitionKey": row["PartitionKey"], "RowKey": row["RowKey"]}
        try:
            await self._queue.write(Write(Action.DELETE, key))
        except MissingError:
            return

    async def get(self, webhook_id: str, position: int, replay: int) -> Delivery | None:
        """See `DeliveryStore.get`."""
        row = await self._log.get(_log_partition(webhook_id, position), _log_key(position, replay))
        return None if row is None else decode(Delivery, row)

    async def page(self, webhook_id: str, request: PageRequest) -> Page[Delivery]:
        """See `DeliveryStore.page`. Walks the keys of all rows, then reads those shown."""
        where, parameters = _log_range(webhook_id)
        keys = [row["RowKey"] async for row in self._log.rows(where, parameters, select=("RowKey",))]
        start = request.offset if request.after is None else bisect_right(keys, request.after)
        shown = keys[start : start + request.limit]
        if not shown:
            return Page(items=(), total=len(keys), next_after=None)
        where += " and RowKey ge @first and RowKey le @last"
        parameters |= {"first": shown[0], "last": shown[-1]}
        items = [decode(Delivery, row) async for row in self._log.rows(where, parameters)]
        more = start + len(shown) < len(keys)
        return Page(items=tuple(items), total=len(keys), next_after=shown[-1] if more else None)

    async def overdue(self, before: datetime, limit: int) -> list[Delivery]:
        """See `DeliveryStore.overdue`. Reads the table of pending ones from its beginning."""
        found: list[Delivery] = []
        where = "PartitionKey ge @low and PartitionKey lt @high and due lt @before"
        parameters = {"low": "q", "high": "r", "before": _sortable(before)}
        async with aclosing(self._queue.rows(where, parameters)) as rows:
            async for row in rows:
                found.append(decode(Delivery, row))
                if len(found) == limit:
                    break
        return found

    async def forget(self, webhook_id: str, up_to: int | None) -> None:
        """See `DeliveryStore.forget`."""
        where, parameters = _log_range(webhook_id)
        if up_to is not None:
            where += " and RowKey ge @first"
            parameters["first"] = f"l{_HIGHEST - up_to:013d}"
        await self._remove(self._log, where, parameters)
        if up_to is None:
            low = f"q{part(webhook_id)}~"
            await self._remove(
                self._queue,
                "PartitionKey ge @low and PartitionKey lt @high",
                {"low": low, "high": f"{low}~"},
            )

    @staticmethod
    async def _remove(table: Table, where: str, parameters: dict[str, Any]) -> None:
        keys = [
            {"PartitionKey": row["PartitionKey"], "RowKey": row["RowKey"]}
            async for row in table.rows(where, parameters, select=("PartitionKey", "RowKey"))
        ]
        await write_rows(table, [Write(Action.DELETE, key) for key in keys])


def _chain(webhook_id: str, subject: str) -> tuple[str, str]:
    bucket = zlib.crc32(subject.encode()) % _CHAIN_PARTITIONS
    return f"q{part(webhook_id)}~{bucket:x}", f"q{ordered(subject)}"


def _sortable(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S.%f")


def _queue_row(delivery: Delivery) -> Entity:
    partition, key = _chain(delivery.webhook_id, delivery.subject)
    return {
        "PartitionKey": partition,
        "RowKey": f"{key}~{delivery.position:013d}~{delivery.replay:06d}",
        "due": _sortable(delivery.due_at),
        **pack(encode(delivery)),
    }


def _log_partition(webhook_id: str, position: int) -> str:
    return f"l{part(webhook_id)}~{(_HIGHEST - position) // _PER_PARTITION:011d}"


def _log_key(position: int, replay: int) -> str:
    return f"l{_HIGHEST - position:013d}~{999_999 - replay:06d}"


def _log_range(webhook_id: str) -> tuple[str, dict[str, Any]]:
    low = f"l{part(webhook_id)}~"
    return "PartitionKey ge @low and PartitionKey lt @high", {"low": low, "high": f"{low}~"}


def _log_row(delivery: Delivery) -> Entity:
    return {
        "PartitionKey": _log_partition(delivery.webhook_id, delivery.position),
        "RowKey": _log_key(delivery.position, delivery.replay),
        **pack(encode(delivery)),
    }
