"""The store of changed resources that wait for their scan."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from shared.domain.page import Versioned
from shared.domain.resource_changes import PendingRescan


class RescanStore(Protocol):
    """One row for each resource, found by its id in any case."""

    async def get(self, resource_id: str) -> Versioned[PendingRescan] | None:
        """The row, or None."""
        ...

    async def put(self, pending: PendingRescan, etag: str | None) -> str | None:
        """Write it if the stored version is still `etag` (None: there is none); the new version.

        None: somebody else wrote it, and nothing was done.
        """
        ...

    async def delete(self, resource_id: str, etag: str) -> bool:
        """Remove it if its version is still `etag`. False: it is not, and nothing was done."""
        ...

    async def overdue(self, before: datetime, limit: int) -> list[PendingRescan]:
        """Rows that were due before that moment, in no particular order."""
        ...
