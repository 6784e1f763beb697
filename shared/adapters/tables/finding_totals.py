"""The table `FindingTotals`: what a page of findings needs beside its rows, read in one request each.

Partition `totals`: a copy of each record partition's numbers. Partition `seen`: for each subscription the
scan that saw the findings of a rule last, so that a scan which changes nothing need not write every list.
Both are copies of absolute values and may be written again at any time.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson

from shared.adapters.tables.codec import pack, unpack
from shared.adapters.tables.finding_records import FindingRecords
from shared.adapters.tables.keys import part
from shared.adapters.tables.ranges import KeyRange, RowTable
from shared.adapters.tables.table import Action, Write, etag_of
from shared.domain.finding import Finding, FindingStatus
from shared.domain.finding_filter import FindingFilter
from shared.ports.errors import (
    AlreadyExistsError,
    MissingError,
    StorageUnavailableError,
    VersionConflictError,
)

_TOTALS: Final = "totals"
_SEEN: Final = "seen"
_TRIES: Final = 30

Seen = dict[str, tuple[str, datetime]]
"""Rule id -> the scan that saw its findings last, and when."""


@dataclass(frozen=True, slots=True)
class _Row:
    seen: Seen
    etag: str | None


class FindingTotals:
    """Totals of lists and latest sightings."""

    def __init__(self, table: RowTable, records: FindingRecords) -> None:
        self._table = table
        self._records = records

    async def follow(self, partition: str) -> None:
        """Copy the numbers of a record partition, until they are the present ones.

        Raises:
            StorageUnavailableError: they kept changing.
        """
        counts = await self._records.counts(partition)
        for _ in range(_TRIES):
            row = {"PartitionKey": _TOTALS, "RowKey": partition, **pack(orjson.dumps(counts.numbers))}
            await self._table.write(Write(Action.PUT, row))
            again = await self._records.counts(partition)
            if again.etag == counts.etag:
                return
            counts = again
        raise StorageUnavailableError("the numbers of a partition keep changing")

    async def known(self) -> dict[str, dict[str, int]]:
        """Every partition's numbers as copied."""
        return {
            partition: numbers async for partition, numbers in self._rows(KeyRange(_TOTALS, f"{_TOTALS}!"))
        }

    async def forget(self, partition: str) -> None:
        """Drop the copy of a partition that is no more."""
        await self._table.write(Write(Action.DELETE, {"PartitionKey": _TOTALS, "RowKey": partition}))

    async def count(self, where: FindingFilter) -> int:
        """Findings of the filter's statuses, severities, rule and subscription; nothing else is looked at."""
        keys = KeyRange(_TOTALS, f"{_TOTALS}!")
        if where.subscription_id is not None:
            stem = part(where.subscription_id.lower())
            keys = KeyRange(_TOTALS, f"{_TOTALS}!", after=f"{stem}~", below=f"{stem}~~")
        statuses = {one.value for one in where.statuses}
        severities = {one.value for one in where.severities}
        total = 0
        async for _, numbers in self._rows(keys):
            for key, number in numbers.items():
                status, severity, rule = key.split(" ", 2)
                if (
                    (not statuses or status in statuses)
                    and (not severities or severity in severities)
                    and (where.rule_id is None or rule == where.rule_id)
                ):
                    total += number
        return total

    async def _rows(self, keys: KeyRange) -> AsyncGenerator[tuple[str, dict[str, int]], None]:
        async for page in self._table.range(keys):
            for entity in page:
                yield entity["RowKey"], orjson.loads(unpack(entity))

    async def sighted(
        self, subscription_id: str, rule_ids: Sequence[str], scan_id: str, read_at: datetime
    ) -> None:
        """See `FindingStore.sighted`.

        Raises:
            StorageUnavailableError: others keep writing it.
        """
        row = part(subscription_id.lower())
        for _ in range(_TRIES):
            stored = await self._seen_row(row)
            newer = {
                rule: (scan_id, read_at)
                for rule in rule_ids
                if rule not in stored.seen or stored.seen[rule][1] < read_at
            }
            if not newer:
                return
            entity = {"PartitionKey": _SEEN, "RowKey": row, **pack(_encode(stored.seen | newer))}
            action = Action.CREATE if stored.etag is None else Action.REPLACE
            try:
                await self._table.write(Write(action, entity, stored.etag))
            except (AlreadyExistsError, MissingError, VersionConflictError):
                continue
            return
        raise StorageUnavailableError("sightings of a subscription keep changing")

    async def _seen_row(self, row: str) -> _Row:
        entity = await self._table.get(_SEEN, row)
        return _Row({}, None) if entity is None else _Row(_decode(unpack(entity)), etag_of(entity))

    async def with_sightings(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings as they were seen last: one request for all their subscriptions."""
        wanted = sorted({part(one.observation.subscription_id.lower()) for one in findings if _follows(one)})
        if not wanted:
            return list(findings)
        seen: dict[str, Seen] = {}
        if len(wanted) == 1:
            seen[wanted[0]] = (await self._seen_row(wanted[0])).seen
        else:
            keys = KeyRange(_SEEN, f"{_SEEN}!", after=_before(wanted[0]), below=f"{wanted[-1]}!")
            async for page in self._table.range(keys):
                seen |= {one["RowKey"]: _decode(unpack(one)) for one in page if one["RowKey"] in wanted}
        return [_seen_now(one, seen) for one in findings]


def _follows(finding: Finding) -> bool:
    return not finding.missed and finding.status is not FindingStatus.RESOLVED


def _seen_now(finding: Finding, seen: dict[str, Seen]) -> Finding:
    if not _follows(finding):
        return finding
    latest = seen.get(finding.observation.subscription_id.lower(), {}).get(finding.observation.rule_id)
    if latest is None or latest[1] <= finding.read_at:
        return finding
    scan_id, read_at = latest
    return finding.model_copy(update={"scan_id": scan_id, "last_seen_at": read_at, "read_at": read_at})


def _before(row: str) -> str:
    """A key below the row and above the ones before it."""
    return row[:-1] + chr(ord(row[-1]) - 1) + "~"


def _encode(seen: Seen) -> bytes:
    """Most rules share one sighting: scans once, rules by number."""
    scans: dict[tuple[str, str], int] = {}
    rules = {
        rule: scans.setdefault((scan, at.astimezone(UTC).isoformat()), len(scans))
        for rule, (scan, at) in seen.items()
    }
    return orjson.dumps({"scans": list(scans), "rules": rules})


def _decode(data: bytes) -> Seen:
    document = orjson.loads(data)
    scans = [(scan, datetime.fromisoformat(at)) for scan, at in document["scans"]]
    return {rule: scans[number] for rule, number in document["rules"].items()}
