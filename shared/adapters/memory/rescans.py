"""Changed resources in memory."""

from __future__ import annotations

from datetime import datetime
from itertools import count

from shared.domain.page import Versioned
from shared.domain.resource_changes import PendingRescan


class MemoryRescanStore:
    """Twin of `TableRescanStore`."""

    def __init__(self) -> None:
        self._rows: dict[str, Versioned[PendingRescan]] = {}
        self._versions = count(1)

    async def aclose(self) -> None:
        """Nothing to release."""

    async def get(self, resource_id: str) -> Versioned[PendingRescan] | None:
        """See `RescanStore.get`."""
        return self._rows.get(resource_id.lower())

    async def put(self, pending: PendingRescan, etag: str | None) -> str | None:
        """See `RescanStore.put`."""
        stored = await self.get(pending.resource_id)
        if (None if stored is None else stored.etag) != etag:
            return None
        version = str(next(self._versions))
        self._rows[pending.resource_id.lower()] = Versioned(pending, version)
        return version

    async def delete(self, resource_id: str, etag: str) -> bool:
        """See `RescanStore.delete`."""
        stored = await self.get(resource_id)
        if stored is None or stored.etag != etag:
            return False
        del self._rows[resource_id.lower()]
        return True

    async def overdue(self, before: datetime, limit: int) -> list[PendingRescan]:
        """See `RescanStore.overdue`."""
        return [stored.value for stored in self._rows.values() if stored.value.due_at < before][:limit]
