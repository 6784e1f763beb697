"""Attempts in the table `Idempotency`: partition `k<two digits of the digest>`, row `k<digest>`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from azure.data.tables.aio import TableServiceClient

from shared.adapters.tables.batches import write_rows
from shared.adapters.tables.codec import decode, encode, pack
from shared.adapters.tables.keys import part
from shared.adapters.tables.table import Action, Table, Write, etag_of
from shared.domain.idempotency import Attempt
from shared.domain.page import Versioned


class TableIdempotencyStore:
    """`IdempotencyStore` on Azure Tables."""

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._table = Table(service, f"{prefix}Idempotency")

    async def aclose(self) -> None:
        """Release the table client."""
        await self._table.aclose()

    async def get(self, key: str) -> Versioned[Attempt] | None:
        """See `IdempotencyStore.get`."""
        entity = await self._table.get(*_key(key))
        return None if entity is None else Versioned(decode(Attempt, entity), etag_of(entity))

    async def insert(self, attempt: Attempt) -> str:
        """See `IdempotencyStore.insert`."""
        return await self._table.write(Write(Action.CREATE, _entity(attempt))) or await self._version(
            attempt.key
        )

    async def replace(self, attempt: Attempt, etag: str) -> str:
        """See `IdempotencyStore.replace`."""
        written = await self._table.write(Write(Action.REPLACE, _entity(attempt), etag))
        return written or await self._version(attempt.key)

    async def _version(self, key: str) -> str:
        entity = await self._table.get(*_key(key))
        return "" if entity is None else etag_of(entity)

    async def delete(self, key: str, etag: str) -> None:
        """See `IdempotencyStore.delete`. A row is removed whatever its version, so it is looked at first."""
        stored = await self.get(key)
        if stored is None or stored.etag != etag or stored.value.answer is not None:
            return
        partition, row = _key(key)
        await write_rows(self._table, [Write(Action.DELETE, {"PartitionKey": partition, "RowKey": row})])

    async def sweep(self, begun_before: datetime) -> int:
        """See `IdempotencyStore.sweep`."""
        where = "PartitionKey ge @low and PartitionKey lt @high and begun lt @begun"
        parameters = {"low": "k", "high": "l", "begun": _stamp(begun_before)}
        removed = 0
        async for page in self._table.pages(where, parameters, select=("PartitionKey", "RowKey")):
            keys = [{"PartitionKey": one["PartitionKey"], "RowKey": one["RowKey"]} for one in page]
            removed += sum(await write_rows(self._table, [Write(Action.DELETE, key) for key in keys]))
        return removed


def _key(key: str) -> tuple[str, str]:
    return f"k{part(key)[:2]}", f"k{key}"


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def _entity(attempt: Attempt) -> dict[str, Any]:
    partition, row = _key(attempt.key)
    columns = {"PartitionKey": partition, "RowKey": row, "begun": _stamp(attempt.begun_at)}
    return {**columns, **pack(encode(attempt))}
