"""Histories of findings in the table `FindingHistory`: partition `h<fingerprint>`, row inverted number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from azure.data.tables.aio import TableServiceClient

from shared.adapters.tables.batches import write_rows
from shared.adapters.tables.codec import decode, encode, pack
from shared.adapters.tables.keys import part
from shared.adapters.tables.table import Action, Table, Write
from shared.domain.finding import FindingChange
from shared.domain.page import Page, PageRequest

_LAST: Final = 999_999_999


class TableFindingHistoryStore:
    """`FindingHistoryStore` on Azure Tables. Numbers have no gaps, so the newest one is the total."""

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._table = Table(service, f"{prefix}FindingHistory")

    async def aclose(self) -> None:
        """Release the table client."""
        await self._table.aclose()

    async def file(self, changes: Sequence[tuple[str, FindingChange]]) -> None:
        """See `FindingHistoryStore.file`."""
        await write_rows(
            self._table,
            [
                Write(
                    Action.CREATE,
                    {
                        "PartitionKey": _partition(fingerprint),
                        "RowKey": _row(one.number),
                        **pack(encode(one)),
                    },
                )
                for fingerprint, one in changes
            ],
        )

    async def page(self, fingerprint: str, request: PageRequest) -> Page[FindingChange]:
        """See `FindingHistoryStore.page`."""
        partition = {"partition": _partition(fingerprint)}
        total = 0
        newest = self._table.rows("PartitionKey eq @partition", partition, select=("RowKey",), page_size=1)
        async for entity in newest:
            total = _number(entity["RowKey"])
            break
        await newest.aclose()
        top = total - request.offset if request.after is None else int(request.after) - 1
        last = max(top - request.limit + 1, 1)
        if top < 1:
            return Page((), total, None)
        where = "PartitionKey eq @partition and RowKey ge @first and RowKey le @last"
        found = self._table.rows(where, {**partition, "first": _row(top), "last": _row(last)})
        items = tuple([decode(FindingChange, entity) async for entity in found])
        return Page(items, total, str(last) if last > 1 and items else None)


def _partition(fingerprint: str) -> str:
    return f"h{part(fingerprint)}"


def _row(number: int) -> str:
    return f"n{_LAST - number:09d}"


def _number(row: str) -> int:
    return _LAST - int(row[1:])
