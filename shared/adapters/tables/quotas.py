"""Hourly quotas in the table `RateLimits`: one row a principal, whose newest window it holds.

Each row is a partition of its own. Both columns fit the 32 bits of Edm.Int32.
"""

from __future__ import annotations

from typing import Final

from azure.data.tables.aio import TableServiceClient

from shared.adapters.tables.keys import ordered
from shared.adapters.tables.table import Action, Table, Write, etag_of
from shared.domain.page import Versioned
from shared.domain.quota import Window

_ROW: Final = "window"


class TableQuotaStore:
    """`QuotaStore` on Azure Tables."""

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._table = Table(service, f"{prefix}RateLimits")

    async def aclose(self) -> None:
        """Release the table client."""
        await self._table.aclose()

    async def read(self, principal_id: str) -> Versioned[Window] | None:
        """See `QuotaStore.read`."""
        entity = await self._table.get(_partition(principal_id), _ROW)
        if entity is None:
            return None
        return Versioned(Window(int(entity["hour"]), int(entity["leased"])), etag_of(entity))

    async def write(self, principal_id: str, window: Window, etag: str | None) -> str:
        """See `QuotaStore.write`."""
        row = {
            "PartitionKey": _partition(principal_id),
            "RowKey": _ROW,
            "hour": window.hour,
            "leased": window.leased,
        }
        action = Action.CREATE if etag is None else Action.REPLACE
        version = await self._table.write(Write(action, row, etag))
        return version or ""


def _partition(principal_id: str) -> str:
    return f"p{ordered(principal_id)}"
