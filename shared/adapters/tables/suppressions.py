"""Suppressions in the table `Suppressions`, one partition: there are hundreds, not more."""

from __future__ import annotations

from typing import Any, Final

from azure.data.tables.aio import TableServiceClient

from shared.adapters.tables.codec import decode, encode, pack
from shared.adapters.tables.keys import newest_first
from shared.adapters.tables.table import Action, Entity, Table, Write, etag_of
from shared.domain.ids import IdKind, is_id
from shared.domain.page import Page, PageRequest, Versioned
from shared.domain.suppression import Suppression

_PARTITION: Final = "suppressions"


class TableSuppressionStore:
    """`SuppressionStore` on Azure Tables."""

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._table = Table(service, f"{prefix}Suppressions")

    async def aclose(self) -> None:
        """Release the table client."""
        await self._table.aclose()

    async def insert(self, suppression: Suppression) -> None:
        """See `SuppressionStore.insert`."""
        await self._table.write(Write(Action.CREATE, _entity(suppression)))

    async def get(self, suppression_id: str) -> Versioned[Suppression] | None:
        """See `SuppressionStore.get`."""
        if not is_id(IdKind.SUPPRESSION, suppression_id):
            return None
        try:
            row = newest_first(suppression_id, "s")
        except ValueError:
            return None
        entity = await self._table.get(_PARTITION, row)
        return None if entity is None else _versioned(entity)

    async def replace(self, suppression: Suppression, etag: str) -> None:
        """See `SuppressionStore.replace`."""
        await self._table.write(Write(Action.REPLACE, _entity(suppression), etag))

    async def page(self, request: PageRequest) -> Page[Suppression]:
        """See `SuppressionStore.page`. The keys of all are read for the exact number."""
        where = {"partition": _PARTITION}
        found = self._table.rows("PartitionKey eq @partition", where, select=("RowKey",))
        keys = [entity["RowKey"] async for entity in found]
        behind = [key for key in keys if request.after is None or key > request.after]
        start = request.offset if request.after is None else 0
        shown = behind[start : start + request.limit]
        if not shown:
            return Page((), len(keys), None)
        text = "PartitionKey eq @partition and RowKey ge @first and RowKey le @last"
        rows = self._table.rows(text, {**where, "first": shown[0], "last": shown[-1]})
        items = tuple([decode(Suppression, entity) async for entity in rows])
        return Page(items, len(keys), shown[-1] if start + len(shown) < len(behind) else None)

    async def unsettled(self) -> list[Versioned[Suppression]]:
        """See `SuppressionStore.unsettled`."""
        where = "PartitionKey eq @partition and over eq @over"
        found = self._table.rows(where, {"partition": _PARTITION, "over": False})
        return [_versioned(entity) async for entity in found]


def _entity(one: Suppression) -> dict[str, Any]:
    return {
        "PartitionKey": _PARTITION,
        "RowKey": newest_first(one.suppression_id, "s"),
        "over": one.settled and one.ended_at is not None,
        **pack(encode(one)),
    }


def _versioned(entity: Entity) -> Versioned[Suppression]:
    return Versioned(decode(Suppression, entity), etag_of(entity))
