"""Records of findings in the table `Findings`: partition `<subscription>~<0-3>`, row `f<fingerprint>`.

The first digit of the fingerprint picks one of four partitions. Lists and ids are served by `FindingIndex`,
ids are given out by `FindingIds`. A save writes the record, then the index row; a crash in between leaves a
record that lists do not show until the save is repeated or the finding is saved again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final

from azure.data.tables.aio import TableServiceClient

from shared.adapters.parallel import each
from shared.adapters.tables.batches import write_rows
from shared.adapters.tables.codec import decode, encode, pack, unpack
from shared.adapters.tables.finding_ids import claim
from shared.adapters.tables.finding_index import FindingIndex, IndexPage, IndexRow
from shared.adapters.tables.finding_places import FindingPlaces
from shared.adapters.tables.keys import part
from shared.adapters.tables.table import Action, Table, Write, etag_of
from shared.domain.finding import Finding
from shared.domain.page import Page, PageRequest, Versioned
from shared.ports.errors import StorageUnavailableError
from shared.ports.stores import FindingFilter

_ROUNDS: Final = 3
_READS: Final = 16


class TableFindingStore:
    """`FindingStore` on Azure Tables."""

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._records = Table(service, f"{prefix}Findings")
        self._index_table = Table(service, f"{prefix}FindingIndex")
        self._ids = Table(service, f"{prefix}FindingIds")
        self._index = FindingIndex(self._index_table)
        self._places = FindingPlaces()

    async def aclose(self) -> None:
        """Release the table clients."""
        for table in (self._records, self._index_table, self._ids):
            await table.aclose()

    async def claim_ids(self, detected_at: datetime, fingerprints: Sequence[str]) -> dict[str, str]:
        """See `FindingStore.claim_ids`."""
        return await claim(self._ids, detected_at, fingerprints)

    async def get(self, finding_id: str) -> Versioned[Finding] | None:
        """See `FindingStore.get`."""
        place = self._places.get(finding_id)
        if place is None:
            row = await self._index.find(finding_id)
            if row is None:
                return None
            place = row.subscription_id, row.fingerprint
            self._places.keep(finding_id, place)
        return await self._record(*place)

    async def find(self, subscription_id: str, fingerprint: str) -> Versioned[Finding] | None:
        """See `FindingStore.find`."""
        return await self._record(subscription_id, fingerprint)

    async def of_subscription(self, subscription_id: str) -> AsyncIterator[Versioned[Finding]]:
        """See `FindingStore.of_subscription`."""
        return self._stream(part(subscription_id.lower()))

    async def _stream(self, subscription_id: str) -> AsyncIterator[Versioned[Finding]]:
        where = "PartitionKey ge @low and PartitionKey le @high"
        parameters = {"low": f"{subscription_id}~0", "high": f"{subscription_id}~3"}
        async for entity in self._records.rows(where, parameters):
            yield Versioned(decode(Finding, entity), etag_of(entity))

    async def save(self, changes: Sequence[tuple[Finding, str | None]]) -> list[str]:
        """See `FindingStore.save`.

        A record that is stored exactly so already counts as written, whatever version was named: that is how
        a save that was cut short is finished by repeating it.

        Raises:
            ValueError: a fingerprint occurs twice.
        """
        payloads = [encode(finding) for finding, _ in changes]
        written = await write_rows(
            self._records,
            [_write(finding, etag, data) for (finding, etag), data in zip(changes, payloads, strict=True)],
        )
        refused = [place for place, won in enumerate(written) if not won]

        async def same(place: int) -> bool:
            return await self._is_stored(changes[place][0], payloads[place])

        repeats = await each(refused, same)
        lost = {place for place, repeated in zip(refused, repeats, strict=True) if not repeated}
        await self._index.put([finding for place, (finding, _) in enumerate(changes) if place not in lost])
        return [changes[place][0].fingerprint for place in sorted(lost)]

    async def _is_stored(self, finding: Finding, data: bytes) -> bool:
        partition, row = _key(finding.observation.subscription_id, finding.fingerprint)
        entity = await self._records.get(partition, row)
        return entity is not None and unpack(entity) == data

    async def page(self, request: PageRequest, where: FindingFilter) -> Page[Finding]:
        """See `FindingStore.page`.

        Two writers of one record can leave the index with the word of the earlier one. Rows shown are
        checked against their records; a stale one is corrected and the page is read again.

        Raises:
            StorageUnavailableError: the rows changed faster than they could be read.
        """
        for _ in range(_ROUNDS):
            found = await self._index.page(request, where)
            page = await self._checked(found)
            if page is not None:
                return page
        raise StorageUnavailableError("findings change faster than a page of them can be read")

    async def _checked(self, found: IndexPage) -> Page[Finding] | None:
        async def read(row: IndexRow) -> Versioned[Finding] | None:
            return await self._record(row.subscription_id, row.fingerprint)

        records = await each(found.rows, read, limit=_READS)
        fresh = True
        items: list[Finding] = []
        for row, record in zip(found.rows, records, strict=True):
            if record is None:
                raise StorageUnavailableError(f"the record of finding row {row.row} is gone")
            if not row.agrees(record.value):
                await self._index.correct(row, record.value)
                fresh = False
            items.append(record.value)
            self._places.keep(record.value.id, (row.subscription_id, row.fingerprint))
        return Page(tuple(items), found.total, found.next_after) if fresh else None

    async def _record(self, subscription_id: str, fingerprint: str) -> Versioned[Finding] | None:
        entity = await self._records.get(*_key(subscription_id, fingerprint))
        return None if entity is None else Versioned(decode(Finding, entity), etag_of(entity))


def _key(subscription_id: str, fingerprint: str) -> tuple[str, str]:
    return f"{part(subscription_id.lower())}~{int(fingerprint[0], 16) // 4}", f"f{part(fingerprint)}"


def _write(finding: Finding, etag: str | None, data: bytes) -> Write:
    partition, row = _key(finding.observation.subscription_id, finding.fingerprint)
    entity = {"PartitionKey": partition, "RowKey": row, **pack(data)}
    return Write(Action.CREATE if etag is None else Action.REPLACE, entity, etag)
