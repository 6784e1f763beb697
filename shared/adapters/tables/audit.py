"""The audit trail in the table `Audit`: rows are created and never replaced or removed.

A write has two rows, both keyed by time and request id: `...~0` says how it ended, `...~1` what was asked.
Ascending keys list newest first, the end of a write before its beginning; an intent that no outcome precedes
has none. A partition is one hour.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from azure.data.tables.aio import TableServiceClient

from shared.adapters.tables.codec import decode, encode, pack
from shared.adapters.tables.keys import part
from shared.adapters.tables.table import Action, Entity, Table, Write
from shared.domain.audit import AuditEntry, AuditIntent, AuditOutcome, AuditPage
from shared.domain.quota import hour_of
from shared.ports.errors import AlreadyExistsError

_LAST_SECOND: Final = 999_999_999_999
_LAST_HOUR: Final = 999_999_999
_OUTCOME: Final = "~0"
_INTENT: Final = "~1"


class TableAuditLog:
    """`AuditLog` on Azure Tables."""

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._table = Table(service, f"{prefix}Audit")

    async def aclose(self) -> None:
        """Release the table client."""
        await self._table.aclose()

    async def begin(self, intent: AuditIntent) -> None:
        """See `AuditLog.begin`."""
        await self._append(intent, _INTENT, encode(intent))

    async def end(self, intent: AuditIntent, outcome: AuditOutcome) -> None:
        """See `AuditLog.end`."""
        await self._append(intent, _OUTCOME, encode(outcome))

    async def _append(self, intent: AuditIntent, suffix: str, data: bytes) -> None:
        row: dict[str, Any] = {"PartitionKey": _partition(intent), "RowKey": _stem(intent) + suffix}
        try:
            await self._table.write(Write(Action.CREATE, {**row, **pack(data)}))
        except AlreadyExistsError:
            return

    async def page(self, limit: int, after: str | None = None) -> AuditPage:
        """See `AuditLog.page`."""
        entries: list[AuditEntry] = []
        ended: tuple[str, AuditOutcome] | None = None
        last: Entity | None = None
        async with aclosing(self._behind(after, 2 * limit + 1)) as rows:
            async for entity in rows:
                stem, suffix = entity["RowKey"][:-2], entity["RowKey"][-2:]
                if suffix == _OUTCOME:
                    ended = stem, decode(AuditOutcome, entity)
                    continue
                if len(entries) == limit and last is not None:
                    return AuditPage(tuple(entries), f"{last['PartitionKey']} {last['RowKey'][:-2]}")
                outcome = ended[1] if ended is not None and ended[0] == stem else None
                entries.append(AuditEntry(decode(AuditIntent, entity), outcome))
                last = entity
        return AuditPage(tuple(entries), None)

    async def _behind(self, after: str | None, page_size: int) -> AsyncGenerator[Entity, None]:
        """Rows behind a position, in key order. Two queries: storage would answer one with `or` by a scan."""
        partition, _, stem = ("a", "", "") if after is None else after.partition(" ")
        queries: list[tuple[str, dict[str, str]]] = [("PartitionKey gt @low", {"low": partition})]
        if after is not None:
            rest = {"partition": partition, "row": stem + _INTENT}
            queries.insert(0, ("PartitionKey eq @partition and RowKey gt @row", rest))
        for where, parameters in queries:
            async with aclosing(self._table.rows(where, parameters, page_size=page_size)) as rows:
                async for entity in rows:
                    yield entity


def _partition(intent: AuditIntent) -> str:
    return f"a{_LAST_HOUR - hour_of(intent.at):09d}"


def _stem(intent: AuditIntent) -> str:
    return f"a{_LAST_SECOND - int(intent.at.timestamp()):012d}{part(intent.request_id)}"
