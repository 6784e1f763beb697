"""The table `FindingIndex`: a row per finding, in list order, that names the record and what lists filter by.

RowKey is the inverted second and the tail of the id, PartitionKey a prefix of it: by id it is a point read,
and ascending keys list newest first over all partitions. The id of a finding never changes, so there is
one row per finding. A row is written after its record, so it never names a record that is missing.
"""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from shared.adapters.tables.batches import write_rows
from shared.adapters.tables.keys import newest_first, newest_first_partition
from shared.adapters.tables.table import Action, Entity, Table, Write, etag_of
from shared.domain.finding import Finding
from shared.domain.ids import IdKind, is_id
from shared.domain.page import PageRequest
from shared.ports.errors import MissingError, VersionConflictError
from shared.ports.stores import FindingFilter

MAX_KEPT_KEYS: Final = 500_000
"""About 40 MB: lists by rarely used filters are forgotten first."""
_STAMP: Final = "stamp"


@dataclass(frozen=True, slots=True)
class IndexRow:
    """Where a record is, and what the index believes of it."""

    partition: str
    row: str
    subscription_id: str
    fingerprint: str
    status: str
    severity: str
    etag: str

    def agrees(self, finding: Finding) -> bool:
        """Whether lists filter that record rightly."""
        return (self.status, self.severity) == (finding.status, finding.observation.severity)


@dataclass(frozen=True, slots=True)
class IndexPage:
    """One page of the index, the exact number of matches, and the position after it if there is more."""

    rows: tuple[IndexRow, ...]
    total: int
    next_after: str | None


class FindingIndex:
    """Lists of findings.

    An exact total needs the keys of all matches, and reading a list page by page needs them for every page.
    So they are kept, with a stamp that every change of the index renews after its rows are written: while the
    stored stamp is the kept one, so are the keys. A writer that dies between its rows and its stamp leaves
    kept keys stale until the next save of any finding.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._kept: OrderedDict[FindingFilter, tuple[str, list[str]]] = OrderedDict()

    async def find(self, finding_id: str) -> IndexRow | None:
        """The row of an id, or None."""
        if not is_id(IdKind.FINDING, finding_id):
            return None
        try:
            partition, row = _key(finding_id)
        except ValueError:
            return None
        entity = await self._table.get(partition, row)
        return None if entity is None else _index_row(entity)

    async def put(self, findings: Sequence[Finding]) -> None:
        """Write or replace the rows of these records."""
        if findings:
            await write_rows(self._table, [Write(Action.PUT, _entity(finding)) for finding in findings])
            await self._renew_stamp()

    async def correct(self, row: IndexRow, finding: Finding) -> None:
        """Make a stale row agree with its record, unless somebody else wrote the row meanwhile."""
        try:
            await self._table.write(Write(Action.REPLACE, _entity(finding), row.etag))
        except (VersionConflictError, MissingError):
            return
        await self._renew_stamp()

    async def _renew_stamp(self) -> None:
        row = {"PartitionKey": _STAMP, "RowKey": _STAMP, "value": uuid.uuid4().hex}
        await self._table.write(Write(Action.PUT, row))

    async def _keys(self, where: FindingFilter) -> list[str]:
        """Row keys of all matches, in order."""
        row = await self._table.get(_STAMP, _STAMP)
        stamp = "" if row is None else str(row["value"])
        kept = self._kept.pop(where, None)
        if kept is None or kept[0] != stamp:
            found = self._table.rows(*_filter(where), select=("RowKey",))
            kept = stamp, [entity["RowKey"] async for entity in found]
        self._kept[where] = kept
        while sum(len(keys) for _, keys in self._kept.values()) > MAX_KEPT_KEYS and len(self._kept) > 1:
            self._kept.popitem(last=False)
        return kept[1]

    async def page(self, request: PageRequest, where: FindingFilter) -> IndexPage:
        """Takes the keys of all matches, then reads the rows shown."""
        keys = await self._keys(where)
        start = request.offset if request.after is None else bisect_right(keys, request.after)
        shown = keys[start : start + request.limit]
        if not shown:
            return IndexPage((), len(keys), None)
        text, parameters = _filter(where)
        text += " and RowKey ge @first and RowKey le @last"
        parameters |= {"first": shown[0], "last": shown[-1]}
        parameters |= {
            "low": newest_first_partition(shown[0]),
            "high": newest_first_partition(shown[-1]),
        }
        wanted = frozenset(shown)
        found = self._table.rows(text, parameters)
        rows = [_index_row(entity) async for entity in found if entity["RowKey"] in wanted]
        more = start + len(shown) < len(keys)
        return IndexPage(tuple(rows), len(keys), shown[-1] if more else None)


def _key(finding_id: str) -> tuple[str, str]:
    row = newest_first(finding_id, "i")
    return newest_first_partition(row), row


def _entity(finding: Finding) -> Entity:
    partition, row = _key(finding.id)
    return {
        "PartitionKey": partition,
        "RowKey": row,
        "subscription": finding.observation.subscription_id.lower(),
        "fingerprint": finding.fingerprint,
        "status": finding.status.value,
        "severity": finding.observation.severity.value,
    }


def _index_row(entity: Entity) -> IndexRow:
    return IndexRow(
        partition=entity["PartitionKey"],
        row=entity["RowKey"],
        subscription_id=entity["subscription"],
        fingerprint=entity["fingerprint"],
        status=entity["status"],
        severity=entity["severity"],
        etag=etag_of(entity),
    )


def _filter(where: FindingFilter) -> tuple[str, dict[str, Any]]:
    text = "PartitionKey ge @low and PartitionKey le @high"
    parameters: dict[str, Any] = {"low": "i", "high": "j"}
    members: tuple[tuple[str, Sequence[StrEnum]], ...] = (
        ("status", where.statuses),
        ("severity", where.severities),
    )
    for column, values in members:
        if values:
            names = [f"{column}{number}" for number in range(len(values))]
            text += " and ( " + " or ".join(f"{column} eq @{name}" for name in names) + " )"
            parameters |= {name: value.value for name, value in zip(names, values, strict=True)}
    return text, parameters
