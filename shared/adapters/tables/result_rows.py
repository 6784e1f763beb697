"""Rows that the shards of a scan found: one table per kind, keys in list order.

Beside the rows stands one summary per shard (partition `<scan>~~shards`): written incomplete before the first
row, complete with its counts after the last. Only rows of shards with a complete summary are listed, and
totals are sums of counts: exact, and without reading the rows. The summary also tells a second attempt that
an earlier one may have left rows behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic

import orjson
from azure.data.tables.aio import TableServiceClient

from shared.adapters.tables.batches import write_rows
from shared.adapters.tables.codec import Model, decode, encode, pack
from shared.adapters.tables.keys import part
from shared.adapters.tables.table import MAX_PAGE, Action, Entity, Table, Write
from shared.domain.page import Page, PageRequest
from shared.ports.errors import AlreadyExistsError

_SPARE_ROWS: Final = 8
_ROWS: Final = "PartitionKey ge @low and PartitionKey lt @high"
_FIRST: Final = "a"
_END: Final = "{"
"""What follows `z`: the summaries' `~` lies beyond."""
_MAX_FACETS_IN_QUERY: Final = 10
"""The service takes 15 comparisons in a filter; with more facets than these, rows are filtered here."""


@dataclass(frozen=True, slots=True)
class ResultRow(Generic[Model]):
    """A row to keep: its place in the list (unique within its shard), and its facet for filters.

    Keys begin with a small letter.
    """

    key: str
    facet: str
    value: Model


class ResultRows(Generic[Model]):
    """One kind of rows.

    `partition_of` gives the prefix of a key that names its partition: for ascending keys it must ascend.
    """

    def __init__(
        self,
        service: TableServiceClient,
        name: str,
        model: type[Model],
        partition_of: Callable[[str], str],
    ) -> None:
        self._table = Table(service, name)
        self._model = model
        self._partition_of = partition_of

    async def aclose(self) -> None:
        """Release the table client."""
        await self._table.aclose()

    async def put(self, scan_id: str, shard_id: str, rows: Sequence[ResultRow[Model]]) -> None:
        """Make `rows` the rows of that shard.

        Cut short in a first attempt, it leaves nothing that is listed; in a later one, rows of both attempts
        until it is repeated.
        """
        summary: dict[str, Any] = {
            "PartitionKey": f"{part(scan_id)}~~shards",
            "RowKey": part(shard_id),
            "complete": False,
        }
        first = True
        try:
            await self._table.write(Write(Action.CREATE, summary))
        except AlreadyExistsError:
            first = False
        entities = [self._entity(scan_id, shard_id, row) for row in rows]
        await write_rows(self._table, [Write(Action.PUT, entity) for entity in entities])
        if not first:
            await self._delete_others(scan_id, shard_id, {entity["RowKey"] for entity in entities})
        counts = orjson.dumps(Counter(row.facet for row in rows))
        await self._table.write(Write(Action.PUT, {**summary, "complete": True, **pack(counts)}))

    async def _delete_others(self, scan_id: str, shard_id: str, kept: set[str]) -> None:
        found = self._table.rows(
            f"{_ROWS} and shard eq @shard",
            {"low": f"{scan_id}~{_FIRST}", "high": f"{scan_id}~{_END}", "shard": shard_id},
            select=("PartitionKey", "RowKey"),
        )
        stale = [
            {"PartitionKey": entity["PartitionKey"], "RowKey": entity["RowKey"]}
            async for entity in found
            if entity["RowKey"] not in kept
        ]
        await write_rows(self._table, [Write(Action.DELETE, entity) for entity in stale])

    async def facets(self, scan_id: str, shards: frozenset[str] | None) -> frozenset[str]:
        """The facets that rows of these shards have."""
        counts = await self._counts(scan_id, shards)
        return frozenset(facet for shard in counts.values() for facet in shard)

    async def page(
        self,
        scan_id: str,
        request: PageRequest,
        shards: frozenset[str] | None,
        facets: frozenset[str] | None = None,
    ) -> Page[Model]:
        """One page of the rows of these shards with one of these facets (None = all)."""
        counts = await self._counts(scan_id, shards)
        total = sum(
            number
            for shard in counts.values()
            for facet, number in shard.items()
            if facets is None or facet in facets
        )
        if not total:
            return Page((), 0, None)
        after = request.after or ""
        if request.after is None and request.offset:
            if request.offset >= total:
                return Page((), total, None)
            after = await self._nth_key(scan_id, request.offset, counts, facets)
        wanted = request.limit + 1
        found: list[Entity] = []
        rows = self._rows(scan_id, after, facets, wanted + _SPARE_ROWS)
        try:
            async for entity in rows:
                if _is_listed(entity, counts, facets):
                    found.append(entity)
                    if len(found) == wanted:
                        break
        finally:
            await rows.aclose()
        shown = found[: request.limit]
        return Page(
            items=tuple(decode(self._model, entity) for entity in shown),
            total=total,
            next_after=shown[-1]["RowKey"] if shown and len(found) > len(shown) else None,
        )

    async def search(
        self,
        scan_id: str,
        request: PageRequest,
        shards: frozenset[str] | None,
        wanted: Callable[[Model], bool],
        facets: frozenset[str] | None = None,
    ) -> Page[Model]:
        """One page of those rows of these facets that `wanted` takes.

        Reads every row of the facets, and keeps one page of them: no stored count tells the total.
        """
        counts = await self._counts(scan_id, shards)
        after, offset = request.after or "", request.offset if request.after is None else 0
        found: list[tuple[str, Model]] = []
        total = 0
        async for entity in self._rows(scan_id, "", facets, MAX_PAGE):
            if not _is_listed(entity, counts, facets):
                continue
            value = decode(self._model, entity)
            if not wanted(value):
                continue
            total += 1
            if total > offset and entity["RowKey"] > after and len(found) <= request.limit:
                found.append((entity["RowKey"], value))
        shown = found[: request.limit]
        return Page(
            items=tuple(value for _, value in shown),
            total=total,
            next_after=shown[-1][0] if shown and len(found) > len(shown) else None,
        )

    async def _counts(self, scan_id: str, shards: frozenset[str] | None) -> dict[str, dict[str, int]]:
        """Rows per facet of every listed shard."""
        from_table = self._table.rows(
            "PartitionKey eq @partition and complete eq true", {"partition": f"{part(scan_id)}~~shards"}
        )
        return {
            entity["RowKey"]: orjson.loads(entity["d0"])
            async for entity in from_table
            if shards is None or entity["RowKey"] in shards
        }

    async def _nth_key(
        self,
        scan_id: str,
        number: int,
        counts: Mapping[str, dict[str, int]],
        facets: frozenset[str] | None,
    ) -> str:
        """Key of the `number`-th listed row, counted from 1; the last key where there are fewer."""
        key = ""
        rows = self._rows(scan_id, "", facets, number, select=("RowKey", "shard", "facet"))
        try:
            async for entity in rows:
                if _is_listed(entity, counts, facets):
                    key = entity["RowKey"]
                    number -= 1
                    if number == 0:
                        break
        finally:
            await rows.aclose()
        return key

    def _rows(
        self,
        scan_id: str,
        after: str,
        facets: frozenset[str] | None,
        page_size: int,
        select: Sequence[str] | None = None,
    ) -> AsyncGenerator[Entity, None]:
        where = f"{_ROWS} and RowKey gt @after"
        parameters: dict[str, Any] = {
            "low": f"{part(scan_id)}~{self._partition_of(after) or _FIRST}",
            "high": f"{scan_id}~{_END}",
            "after": after,
        }
        if facets is not None and len(facets) <= _MAX_FACETS_IN_QUERY:
            names = {f"facet{place}": facet for place, facet in enumerate(sorted(facets))}
            where += " and ( " + " or ".join(f"facet eq @{name}" for name in names) + " )"
            parameters |= names
        return self._table.rows(where, parameters, select=select, page_size=page_size)

    def _entity(self, scan_id: str, shard_id: str, row: ResultRow[Model]) -> Entity:
        key = f"{row.key}~{part(shard_id)}"
        return {
            "PartitionKey": f"{part(scan_id)}~{self._partition_of(key)}",
            "RowKey": key,
            "shard": shard_id,
            "facet": row.facet,
            **pack(encode(row.value)),
        }


def _is_listed(entity: Entity, counts: Mapping[str, Any], facets: frozenset[str] | None) -> bool:
    return entity["shard"] in counts and (facets is None or entity["facet"] in facets)
