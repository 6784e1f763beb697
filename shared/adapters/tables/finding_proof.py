"""Proof that every list and total agrees with the records, and their restoration where it does not.

Nothing is held but a number for each list: the sum of the digests of its rows, once as the records demand it,
once as they stand. Sums do not depend on the order in which records and rows are read. A list whose sums
differ is gone over row by row, and every record is asked to make its rows right.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from typing import Final

from shared.adapters.parallel import each
from shared.adapters.tables.finding_index import FindingIndex, copied
from shared.adapters.tables.finding_keys import Key, keys_of
from shared.adapters.tables.finding_records import FindingRecords, count_key, digest_of, partition_of
from shared.adapters.tables.finding_totals import FindingTotals
from shared.adapters.tables.ranges import KeyRange, RowTable
from shared.adapters.tables.table import Entity
from shared.domain.finding import Finding
from shared.ports.stores import IndexProof

_MODULUS: Final = 2**128
_EVERYTHING: Final = ("!", "~~")


class FindingProof:
    """Compares and restores."""

    def __init__(
        self, table: RowTable, records: FindingRecords, index: FindingIndex, totals: FindingTotals
    ) -> None:
        self._table = table
        self._records = records
        self._index = index
        self._totals = totals

    async def run(self) -> IndexProof:
        """Go over everything once, and over what is wrong again. Writers may go on meanwhile.

        A list that a writer changes between the two readings is gone over in vain, and not harmed.
        """
        wanted, numbers, records = await self._from_records()
        wrong_totals = await self._restore_totals(numbers)
        found = await self._from_rows()
        wrong = {name for name in {*wanted, *found} if wanted.get(name, 0) != found.get(name, 0)}
        if wrong:
            await self._restore(wrong)
        return IndexProof(records, len(wrong), wrong_totals)

    async def _from_records(self) -> tuple[dict[str, int], dict[str, Counter[str]], int]:
        sums: defaultdict[str, int] = defaultdict(int)
        numbers: defaultdict[str, Counter[str]] = defaultdict(Counter)
        records = 0
        async for stored in self._records.stream(*_EVERYTHING):
            finding = stored.value
            records += 1
            digest = digest_of(finding)
            for key in keys_of(finding):
                name = _list_of(key)
                sums[name] = (sums[name] + _number(key, digest)) % _MODULUS
            seen = finding.observation
            partition = partition_of(seen.subscription_id, finding.fingerprint)
            numbers[partition][count_key(finding.status.value, seen.severity.value, seen.rule_id)] += 1
        return sums, numbers, records

    async def _from_rows(self) -> dict[str, int]:
        sums: defaultdict[str, int] = defaultdict(int)
        async for page in self._table.range(KeyRange(*_EVERYTHING)):
            for entity in page:
                key = entity["PartitionKey"], entity["RowKey"]
                name = _list_of(key)
                sums[name] = (sums[name] + _number(key, await self._digest(entity))) % _MODULUS
        return sums

    async def _digest(self, entity: Entity) -> str:
        copy = copied(entity)
        if copy is None:
            stored = await self._records.get(entity["subscription"], entity["fingerprint"])
            return "" if stored is None else digest_of(stored.value)
        return digest_of(copy)

    async def _restore_totals(self, wanted: dict[str, Counter[str]]) -> int:
        wrong = 0
        copies = await self._totals.known()
        for partition in sorted({*wanted, *copies}):
            right = dict(wanted.get(partition, {}))
            own = await self._records.counts(partition)
            if own.numbers != right:
                wrong += 1
                await self._records.recount(partition, right)
            if copies.get(partition, {}) != right:
                wrong += own.numbers == right
                await self._totals.follow(partition)
        return wrong

    async def _restore(self, wrong: set[str]) -> None:
        """Remove rows that no record has, then let every record make its rows right."""
        async for page in self._table.range(KeyRange(*_EVERYTHING)):
            for entity in page:
                key = entity["PartitionKey"], entity["RowKey"]
                if _list_of(key) not in wrong:
                    continue
                stored = await self._records.get(entity["subscription"], entity["fingerprint"])
                if stored is None or key not in keys_of(stored.value):
                    await self._index.remove(key)
        batch: list[Finding] = []
        async for record in self._records.stream(*_EVERYTHING):
            if any(_list_of(key) in wrong for key in keys_of(record.value)):
                batch.append(record.value)
            if len(batch) >= 100:
                await self._converge(batch)
                batch = []
        await self._converge(batch)

    async def _converge(self, batch: list[Finding]) -> None:
        async def one(finding: Finding) -> None:
            await self._index.converge(finding.observation.subscription_id, finding.fingerprint)

        await each(batch, one)


def _list_of(key: Key) -> str:
    """The list that a row belongs to; resources by their bucket, the list of all by its year's part."""
    partition = key[0]
    if "~" not in partition:
        return partition[:5]
    stem, _, _ = partition.rpartition("~")
    return partition if stem.startswith("e~") else stem


def _number(key: Key, digest: str) -> int:
    return int.from_bytes(hashlib.blake2b("\n".join((*key, digest)).encode(), digest_size=16).digest(), "big")
