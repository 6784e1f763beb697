"""Changed resources that wait for their scan, in the table `Rescans`; keyed by a digest of the id."""

from __future__ import annotations

import hashlib
from contextlib import aclosing
from datetime import UTC, datetime

from azure.data.tables.aio import TableServiceClient

from shared.adapters.tables.codec import decode, encode, pack
from shared.adapters.tables.table import Action, Entity, Table, Write, etag_of
from shared.domain.page import Versioned
from shared.domain.resource_changes import PendingRescan
from shared.ports.errors import AlreadyExistsError, MissingError, VersionConflictError


class TableRescanStore:
    """`RescanStore` on Azure Tables."""

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._table = Table(service, f"{prefix}Rescans")

    async def aclose(self) -> None:
        """Release the table client."""
        await self._table.aclose()

    async def get(self, resource_id: str) -> Versioned[PendingRescan] | None:
        """See `RescanStore.get`."""
        row = await self._table.get(*_key(resource_id))
        if row is None or row["done"]:
            return None
        return Versioned(decode(PendingRescan, row), etag_of(row))

    async def put(self, pending: PendingRescan, etag: str | None) -> str | None:
        """See `RescanStore.put`."""
        row = _row(pending, done=False)
        try:
            if etag is not None:
                return await self._table.write(Write(Action.REPLACE, row, etag))
            left = await self._table.get(*_key(pending.resource_id))
            if left is None:
                return await self._table.write(Write(Action.CREATE, row))
            if not left["done"]:
                return None
            return await self._table.write(Write(Action.REPLACE, row, etag_of(left)))
        except (AlreadyExistsError, MissingError, VersionConflictError):
            return None

    async def delete(self, resource_id: str, etag: str) -> bool:
        """See `RescanStore.delete`. The row stays, marked as done: removals know no versions here."""
        found = await self.get(resource_id)
        if found is None or found.etag != etag:
            return False
        try:
            await self._table.write(Write(Action.REPLACE, _row(found.value, done=True), etag))
        except (MissingError, VersionConflictError):
            return False
        return True

    async def overdue(self, before: datetime, limit: int) -> list[PendingRescan]:
        """See `RescanStore.overdue`."""
        found: list[PendingRescan] = []
        where = "done eq false and due lt @before"
        parameters = {"before": before.astimezone(UTC).strftime("%Y%m%d%H%M%S.%f")}
        async with aclosing(self._table.rows(where, parameters)) as rows:
            async for row in rows:
                found.append(decode(PendingRescan, row))
                if len(found) == limit:
                    break
        return found


def _key(resource_id: str) -> tuple[str, str]:
    digest = hashlib.sha256(resource_id.lower().encode()).hexdigest()
    return f"r{digest[:2]}", f"r{digest[:40]}"


def _row(pending: PendingRescan, *, done: bool) -> Entity:
    partition, key = _key(pending.resource_id)
    return {
        "PartitionKey": partition,
        "RowKey": key,
        "due": pending.due_at.astimezone(UTC).strftime("%Y%m%d%H%M%S.%f"),
        "done": done,
        **pack(encode(pending)),
    }
