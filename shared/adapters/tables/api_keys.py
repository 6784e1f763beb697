"""API keys in the table `ApiKeys`: one partition, one row a key, found by its id.

There are as many keys as people and programs that call: lists read them all.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from azure.data.tables.aio import TableServiceClient

from shared.adapters.tables.codec import decode, encode, pack
from shared.adapters.tables.table import Action, Entity, Table, Write, etag_of
from shared.domain.api_key import ApiKeyRecord, is_key_id
from shared.domain.page import Page, PageRequest, Versioned
from shared.ports.errors import MissingError

_PARTITION: Final = "keys"
_LAST_SECOND: Final = 999_999_999_999


class TableApiKeyStore:
    """`ApiKeyStore` on Azure Tables."""

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._table = Table(service, f"{prefix}ApiKeys")

    async def aclose(self) -> None:
        """Release the table client."""
        await self._table.aclose()

    async def insert(self, record: ApiKeyRecord) -> None:
        """See `ApiKeyStore.insert`."""
        await self._table.write(Write(Action.CREATE, _row(record)))

    async def get(self, key_id: str) -> Versioned[ApiKeyRecord] | None:
        """See `ApiKeyStore.get`."""
        if not is_key_id(key_id):
            return None
        entity = await self._table.get(_PARTITION, key_id)
        return None if entity is None else Versioned(decode(ApiKeyRecord, entity), etag_of(entity))

    async def replace(self, record: ApiKeyRecord, etag: str) -> None:
        """See `ApiKeyStore.replace`."""
        await self._table.write(Write(Action.REPLACE, _row(record), etag))

    async def delete(self, key_id: str) -> None:
        """See `ApiKeyStore.delete`."""
        if not is_key_id(key_id):  # storage would refuse some of these as keys of rows
            raise MissingError("not the id of an API key")
        await self._table.write(Write(Action.DELETE, {"PartitionKey": _PARTITION, "RowKey": key_id}))

    async def page(self, request: PageRequest) -> Page[ApiKeyRecord]:
        """See `ApiKeyStore.page`."""
        where, parameters = "PartitionKey eq @partition", {"partition": _PARTITION}
        records = [decode(ApiKeyRecord, entity) async for entity in self._table.rows(where, parameters)]
        records.sort(key=_order)
        start = request.offset
        if request.after is not None:
            start = bisect_right(records, request.after, key=_order)
        shown = records[start : start + request.limit]
        more = bool(shown) and start + len(shown) < len(records)
        return Page(tuple(shown), len(records), _order(shown[-1]) if more else None)


def _order(record: ApiKeyRecord) -> str:
    """Sorts newest first; the position of a page."""
    return f"{_LAST_SECOND - int(record.created_at.timestamp()):012d}{record.key_id}"


def _row(record: ApiKeyRecord) -> Entity:
    return {"PartitionKey": _PARTITION, "RowKey": record.key_id, **pack(encode(record))}
