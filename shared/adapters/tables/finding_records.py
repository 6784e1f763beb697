"""Records of findings in the table `Findings`: partition `<subscription>~<0-3>`, row `f<fingerprint>`.

The first digit of the fingerprint picks one of four partitions. Beside its records a partition has the row
`c`: how many of them there are of each status, severity and rule. It is written in the same transaction as
whatever changes those numbers, so it is exact at every moment and after every crash.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from shared.adapters.parallel import each
from shared.adapters.tables.batches import MAX_BYTES, payload_size, write_rows
from shared.adapters.tables.codec import decode, encode, pack, unpack
from shared.adapters.tables.keys import part
from shared.adapters.tables.ranges import KeyRange, RowTable
from shared.adapters.tables.table import Action, Entity, Write, etag_of
from shared.domain.finding import Finding
from shared.domain.page import Versioned
from shared.ports.errors import (
    AlreadyExistsError,
    MissingError,
    StorageUnavailableError,
    VersionConflictError,
)

COUNTS: Final = "c"
_SIGHTING: Final = frozenset({"scan_id", "last_seen_at", "read_at"})
_MAX_RECORDS: Final = 99
_TRIES: Final = 30
_SPLIT: Final = 4
_POINT_READS: Final = 8

Place = tuple[str, str]
"""Subscription in lower case, and fingerprint."""

State = tuple[str, str]
"""Status and severity: what decides in which lists a record stands."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What the lists know of a record: parts of its version, so that a save knows without reading."""

    status: str
    severity: str
    digest: str

    @property
    def state(self) -> State:
        """Status and severity; empty texts where the version did not tell."""
        return self.status, self.severity


@dataclass(slots=True)
class Save:
    """One record on its way: what it replaces, and how it went."""

    finding: Finding
    data: bytes
    digest: str
    before: Listed | None
    etag: str | None
    rev: str
    written: bool = False

    @property
    def partition(self) -> str:
        """Where the record stands."""
        return partition_of(self.finding.observation.subscription_id, self.finding.fingerprint)

    @property
    def place(self) -> Place:
        """Which record it is."""
        return self.finding.observation.subscription_id.lower(), self.finding.fingerprint

    @property
    def state(self) -> State:
        """The state it leads to."""
        return state_of(self.finding)

    @property
    def delta(self) -> Counter[str]:
        """What it changes in the numbers of its partition."""
        delta: Counter[str] = Counter()
        rule = self.finding.observation.rule_id
        after = self.state
        before = None if self.before is None else self.before.state
        if before != after:
            delta[count_key(*after, rule)] += 1
            if before is not None:
                delta[count_key(*before, rule)] -= 1
        return delta


@dataclass(frozen=True, slots=True)
class PartitionCounts:
    """The row `c` of a partition."""

    numbers: dict[str, int]
    etag: str | None


def state_of(finding: Finding) -> State:
    """Status and severity of a record."""
    return finding.status.value, finding.observation.severity.value


def count_key(status: str, severity: str, rule_id: str) -> str:
    """What is counted together."""
    return f"{status} {severity} {rule_id}"


def partition_of(subscription_id: str, fingerprint: str) -> str:
    """Partition of a record."""
    return f"{part(subscription_id.lower())}~{int(fingerprint[0], 16) // 4}"


def digest_of(finding: Finding) -> str:
    """Digest of all that lists show of a record, its sightings aside."""
    return hashlib.sha256(finding.model_dump_json(exclude=set(_SIGHTING)).encode()).hexdigest()[:16]


def versioned(entity: Entity) -> Versioned[Finding]:
    """A record and its version, which carries what the lists know of it."""
    finding = decode(Finding, entity)
    parts = (*state_of(finding), entity.get("digest", ""), etag_of(entity))
    return Versioned(finding, "|".join(parts))


def save_of(finding: Finding, version: str | None) -> Save:
    """A record to write in place of a version (None: a new one)."""
    before, etag = None, None
    if version is not None:
        status, severity, digest, etag = (
            version.split("|", 3) if version.count("|") >= 3 else ("", "", "", version)
        )
        before = Listed(status, severity, digest)
    return Save(finding, encode(finding), digest_of(finding), before, etag, uuid.uuid4().hex[:16])


class FindingRecords:
    """The records and their numbers."""

    def __init__(self, table: RowTable) -> None:
        self._table = table

    async def get(self, subscription_id: str, fingerprint: str) -> Versioned[Finding] | None:
        """One record, or None."""
        entity = await self._table.get(partition_of(subscription_id, fingerprint), f"f{part(fingerprint)}")
        return None if entity is None else versioned(entity)

    async def stream(self, low: str, high: str) -> AsyncIterator[Versioned[Finding]]:
        """Records of a range of partitions."""
        async for page in self._table.range(KeyRange(low, high, after="f", below="g")):
            for entity in page:
                yield versioned(entity)

    async def counts(self, partition: str) -> PartitionCounts:
        """The numbers of a partition."""
        entity = await self._table.get(partition, COUNTS)
        if entity is None:
            return PartitionCounts({}, None)
        return PartitionCounts(orjson.loads(unpack(entity)), etag_of(entity))

    async def recount(self, partition: str, numbers: dict[str, int]) -> None:
        """Put numbers in place that a proof found."""
        await self._table.write(Write(Action.PUT, _counts_row(partition, numbers)))

    async def write(self, saves: Sequence[Save]) -> None:
        """Write every record that fits what is stored, and its numbers with it; see `Save.written`.

        A record that is stored exactly so already counts as written, whatever version was named: that is how
        a save that was cut short is finished by repeating it.
        """
        plain = [one for one in saves if not one.delta]
        counted: defaultdict[str, list[Save]] = defaultdict(list)
        for one in saves:
            if one.delta:
                counted[one.partition].append(one)
        results = await write_rows(self._table, [_write(one) for one in plain])
        for one, written in zip(plain, results, strict=True):
            one.written = written
        await each(list(counted.items()), self._write_counted)
        await each([one for one in saves if not one.written], self._note_repeat)

    async def _note_repeat(self, one: Save) -> None:
        entity = await self._table.get(one.partition, f"f{one.finding.fingerprint}")
        if entity is not None and unpack(entity) == one.data:
            one.written, one.rev = True, str(entity.get("rev", ""))

    async def _write_counted(self, work: tuple[str, list[Save]]) -> None:
        partition, saves = work
        counts = await self.counts(partition)
        for chunk in _chunks(saves):
            counts = await self._commit(partition, chunk, counts)

    async def _commit(self, partition: str, chunk: list[Save], counts: PartitionCounts) -> PartitionCounts:
        for _ in range(_TRIES):
            numbers = Counter(counts.numbers)
            for one in chunk:
                numbers.update(one.delta)
            kept = {key: number for key, number in numbers.items() if number}
            action = Action.CREATE if counts.etag is None else Action.REPLACE
            total = Write(action, _counts_row(partition, kept), counts.etag)
            try:
                etags = await self._table.transact([*(_write(one) for one in chunk), total])
            except (AlreadyExistsError, MissingError, VersionConflictError):
                fresh = await self.counts(partition)
                if fresh.etag != counts.etag:
                    counts = fresh  # somebody else counted meanwhile
                    continue
                if len(chunk) == 1:
                    return counts
                size = max(1, len(chunk) // _SPLIT)
                for start in range(0, len(chunk), size):
                    counts = await self._commit(partition, chunk[start : start + size], counts)
                return counts
            for one in chunk:
                one.written = True
            if etags[-1] is None:
                return await self.counts(partition)
            return PartitionCounts(kept, etags[-1])
        raise StorageUnavailableError("the numbers of a partition keep changing under this write")

    async def revisions(self, places: Sequence[Place]) -> dict[Place, str]:
        """The revisions stored now of these records; those that are not there are left out."""
        rows = await self._rows(places, ("PartitionKey", "RowKey", "rev"))
        return {place: str(row.get("rev", "")) for place, row in rows.items()}

    async def stored(self, places: Sequence[Place]) -> dict[Place, tuple[Finding, str]]:
        """These records and their revisions; those that are not there are left out."""
        rows = await self._rows(places, None)
        return {place: (decode(Finding, row), str(row.get("rev", ""))) for place, row in rows.items()}

    async def _rows(self, places: Sequence[Place], select: Sequence[str] | None) -> dict[Place, Entity]:
        """Rows of records: few of a partition one by one, many by going over it."""
        groups: defaultdict[str, dict[str, Place]] = defaultdict(dict)
        for place in places:
            groups[partition_of(*place)][f"f{place[1]}"] = place

        async def read(group: tuple[str, dict[str, Place]]) -> dict[Place, Entity]:
            partition, wanted = group
            if len(wanted) <= _POINT_READS:
                rows = await asyncio.gather(*(self._table.get(partition, row) for row in wanted))
                return {
                    place: row for place, row in zip(wanted.values(), rows, strict=True) if row is not None
                }
            keys = KeyRange(partition, f"{partition}!", after="f", below="g")
            return {
                wanted[entity["RowKey"]]: entity
                async for page in self._table.range(keys, select=select)
                for entity in page
                if entity["RowKey"] in wanted
            }

        found: dict[Place, Entity] = {}
        for rows in await each(list(groups.items()), read):
            found |= rows
        return found


def _chunks(saves: list[Save]) -> list[list[Save]]:
    chunks: list[list[Save]] = [[]]
    size = 0
    for one in saves:
        own = payload_size(_write(one))
        if chunks[-1] and (len(chunks[-1]) >= _MAX_RECORDS or size + own > MAX_BYTES):
            chunks.append([])
            size = 0
        chunks[-1].append(one)
        size += own
    return chunks


def _write(one: Save) -> Write:
    entity: dict[str, Any] = {
        "PartitionKey": one.partition,
        "RowKey": f"f{part(one.finding.fingerprint)}",
        "digest": one.digest,
        "rev": one.rev,
        **pack(one.data),
    }
    return Write(Action.CREATE if one.etag is None else Action.REPLACE, entity, one.etag)


def _counts_row(partition: str, numbers: dict[str, int]) -> dict[str, Any]:
    return {"PartitionKey": partition, "RowKey": COUNTS, **pack(orjson.dumps(numbers))}
