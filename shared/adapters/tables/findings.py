"""Findings in Azure Tables: records, lists, totals, ids, and what repairs them.

A save that changes what lists show writes in this order, and each step may be repeated:

1. the intent: which findings (`finding_intents`);
2. the records with the numbers of their partition, in one transaction (`finding_records`);
3. the rows of the lists (`finding_index`) and the copies of the numbers (`finding_totals`);
4. a look whether somebody wrote those records meanwhile: then their rows are made right again;
5. the intent is removed.

A writer that dies anywhere leaves its intent. `settle` (whoever records findings of that subscription next)
does steps 3 and 4 for it, `repair` (a timer) 3 to 5. Of two writers of one record whoever writes rows last
looks last, and so leaves the rows of the record as it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from azure.data.tables.aio import TableServiceClient

from shared.adapters.parallel import each
from shared.adapters.tables import finding_keys as keys
from shared.adapters.tables import finding_lists as lists
from shared.adapters.tables.finding_ids import claim
from shared.adapters.tables.finding_index import FindingIndex, copied
from shared.adapters.tables.finding_intents import FindingIntents, Intended, merged
from shared.adapters.tables.finding_places import FindingPlaces
from shared.adapters.tables.finding_proof import FindingProof
from shared.adapters.tables.finding_records import FindingRecords, Save, save_of
from shared.adapters.tables.finding_settling import FindingSettling
from shared.adapters.tables.finding_totals import FindingTotals
from shared.adapters.tables.keys import part
from shared.adapters.tables.ranges import RowTable
from shared.adapters.tables.table import Entity, Table
from shared.domain.finding import Finding
from shared.domain.finding_filter import FindingFilter
from shared.domain.page import FilteredPage, PageRequest, Versioned
from shared.ports.errors import StorageUnavailableError
from shared.ports.stores import IndexProof

GRACE: Final = timedelta(minutes=5)
"""After that a change under way counts as cut short: no call of a function lasts so long over one write."""

_READS: Final = 16
_KEY_PAGES: Final = 7
OpenTable = Callable[[str], RowTable]


class TableFindingStore:
    """`FindingStore` and `FindingRepair` on Azure Tables."""

    def __init__(
        self,
        service: TableServiceClient | OpenTable,
        *,
        prefix: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        open_table: OpenTable = (
            (lambda name: Table(service, name)) if isinstance(service, TableServiceClient) else service
        )
        names = ("Findings", "FindingIndex", "FindingTotals", "FindingIntents", "FindingIds")
        self._tables = [open_table(f"{prefix}{name}") for name in names]
        records, index, totals, intents, self._ids = self._tables
        self._now = now
        self._places = FindingPlaces()
        self._records = FindingRecords(records)
        self._index_table = index
        self._index = FindingIndex(index, self._records)
        self._totals = FindingTotals(totals, self._records)
        self._intents = FindingIntents(intents)
        self._settling = FindingSettling(self._records, self._index, self._totals, self._intents, now)
        self._places = FindingPlaces()
        self._proof = FindingProof(index, self._records, self._index, self._totals)

    async def aclose(self) -> None:
        """Release the table clients."""
        for table in self._tables:
            await table.aclose()

    async def claim_ids(self, detected_at: datetime, fingerprints: Sequence[str]) -> dict[str, str]:
        """See `FindingStore.claim_ids`."""
        return await claim(self._ids, detected_at, fingerprints)

    async def get(self, finding_id: str) -> Versioned[Finding] | None:
        """See `FindingStore.get`."""
        place = self._places.get(finding_id)
        if place is None:
            place = await self._index.place(finding_id)
            if place is None:
                return None
            self._places.keep(finding_id, place)
        return await self._records.get(*place)

    async def find(self, subscription_id: str, fingerprint: str) -> Versioned[Finding] | None:
        """See `FindingStore.find`."""
        return await self._records.get(subscription_id, fingerprint)

    async def of_subscription(self, subscription_id: str) -> AsyncIterator[Versioned[Finding]]:
        """See `FindingStore.of_subscription`."""
        try:
            stem = part(subscription_id.lower())
        except ValueError:  # no record can be of it
            return self._records.stream("~", "~")
        return self._records.stream(f"{stem}~0", f"{stem}~4")

    async def save(
        self, changes: Sequence[tuple[Finding, str | None]], *, sightings_told: bool = False
    ) -> list[str]:
        """See `FindingStore.save`.

        Raises:
            ValueError: a fingerprint occurs twice.
        """
        saves = [save_of(finding, version) for finding, version in changes]
        if len({one.finding.fingerprint for one in saves}) != len(saves):
            raise ValueError("a fingerprint is to be saved twice at once")
        listed = [
            one
            for one in saves
            if not (sightings_told and one.before is not None and one.before.digest == one.digest)
        ]
        intents = await self._intents.begin(map(Intended.of, listed), self._now()) if listed else []
        await self._records.write(saves)
        await self._list([one for one in listed if one.written])
        if intents:
            await self._intents.end(intents)
        return [one.finding.fingerprint for one in saves if not one.written]

    async def _list(self, saves: Sequence[Save]) -> None:
        """Let lists and totals follow records that were written."""
        if not saves:
            return
        await self._index.put(saves)
        partitions = sorted({one.partition for one in saves if one.delta})
        await each(partitions, self._totals.follow)
        stored = await self._records.revisions([one.place for one in saves])
        changed = [Intended.of(one) for one in saves if stored.get(one.place) != one.rev]
        if changed:
            await self._settling.settle(changed)

    async def settle(self, subscription_id: str) -> None:
        """See `FindingStore.settle`.

        The intents stay: their writers may still be at work, and only `repair` knows that they are not.
        """
        await self._settling.settle(merged(await self._intents.of_subscription(subscription_id)))

    async def sighted(
        self, subscription_id: str, rule_ids: Sequence[str], scan_id: str, read_at: datetime
    ) -> None:
        """See `FindingStore.sighted`."""
        await self._totals.sighted(subscription_id, rule_ids, scan_id, read_at)

    async def page(self, request: PageRequest, where: FindingFilter) -> FilteredPage[Finding]:
        """See `FindingStore.page`."""
        if not keys.is_possible(where):
            return FilteredPage((), 0, None)
        plan = lists.plan(where)
        table = self._index_table

        async def matches(row: Entity) -> bool:
            return where.matches(await self._finding(row))

        if plan.exact:
            page = await lists.exact_page(table, plan, where, request.after, request.offset, request.limit)
        else:
            page = await lists.searched_page(
                table, plan, where, request.after, request.offset, request.limit, matches
            )
        found = await each(page.rows, self._finding, limit=_READS)
        for one in found:
            self._places.keep(one.id, (one.observation.subscription_id.lower(), one.fingerprint))
        items = await self._totals.with_sightings(found)
        return FilteredPage(tuple(items), await self._total(plan, where), page.next_after)

    async def _total(self, plan: lists.Plan, where: FindingFilter) -> int | None:
        if plan.counted:
            return await self._totals.count(where)
        if plan.exact and where.resource_id is not None:
            return await lists.count_keys(self._index_table, plan, where, _KEY_PAGES)
        return None

    async def _finding(self, row: Entity) -> Finding:
        copy = copied(row)
        if copy is not None:
            return copy
        stored = await self._records.get(row["subscription"], row["fingerprint"])
        if stored is None:
            raise StorageUnavailableError("the record of a finding is gone")
        return stored.value

    async def repair(self) -> int:
        """See `FindingRepair.repair`."""
        done = 0
        async for intent in self._intents.begun_before(self._now() - GRACE):
            await self._settling.settle(intent.findings)
            await self._intents.end([intent.row])
            done += len(intent.findings)
        return done

    async def prove(self) -> IndexProof:
        """See `FindingRepair.prove`."""
        return await self._proof.run()
