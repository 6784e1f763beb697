"""Posture snapshots in the table `Postures`: a partition for each scan type, newest scan and run first."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from azure.data.tables.aio import TableServiceClient

from shared.adapters.tables.codec import decode, encode, pack
from shared.adapters.tables.keys import newest_first
from shared.adapters.tables.table import Action, Table, Write
from shared.domain.ids import IdKind, is_id
from shared.domain.posture import PostureSnapshot
from shared.domain.scan import ScanType

_LAST_RUN: Final = 999_999
_PAGE: Final = 10
"""Rows fetched at once: who asks for the newest wants few, and a row holds every control's status."""


class TablePostureStore:
    """`PostureStore` on Azure Tables."""

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._table = Table(service, f"{prefix}Postures")

    async def aclose(self) -> None:
        """Release the table client."""
        await self._table.aclose()

    async def put(self, snapshot: PostureSnapshot) -> None:
        """See `PostureStore.put`.

        Raises:
            ValueError: `scan_id` is not the id of a scan.
        """
        entity = {
            "PartitionKey": snapshot.scan_type.value,
            "RowKey": _key(snapshot.scan_id, snapshot.run),
            **pack(encode(snapshot)),
        }
        await self._table.write(Write(Action.PUT, entity))

    async def get(self, scan_id: str, run: int, scan_type: ScanType) -> PostureSnapshot | None:
        """See `PostureStore.get`."""
        if not is_id(IdKind.SCAN, scan_id):
            return None
        try:
            key = _key(scan_id, run)
        except ValueError:
            return None
        entity = await self._table.get(scan_type.value, key)
        return None if entity is None else decode(PostureSnapshot, entity)

    async def newest(self, scan_type: ScanType) -> AsyncGenerator[PostureSnapshot, None]:
        """See `PostureStore.newest`."""
        return self._newest(scan_type)

    async def _newest(self, scan_type: ScanType) -> AsyncGenerator[PostureSnapshot, None]:
        rows = self._table.rows("PartitionKey eq @partition", {"partition": scan_type.value}, page_size=_PAGE)
        async with aclosing(rows):
            async for entity in rows:
                yield decode(PostureSnapshot, entity)


def _key(scan_id: str, run: int) -> str:
    return f"{newest_first(scan_id, 'p')}r{_LAST_RUN - run:06d}"
