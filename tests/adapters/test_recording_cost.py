"""What recording costs in requests of storage: on Azure each is a round trip, so they are what takes time."""

from __future__ import annotations

from dataclasses import replace

from shared.adapters.memory.tables import MemoryTables
from shared.adapters.tables.findings import TableFindingStore
from shared.domain.finding import Finding
from shared.domain.severity import Severity
from tests.adapters.builders import T0, finding

FINDINGS, RULES = 2_000, 40


def _new() -> list[Finding]:
    """Of one subscription, over all severities and as many rules as a scan of 10,000 resources fails."""
    records = []
    for number in range(FINDINGS):
        one = finding(number, severity=list(Severity)[number % 4])
        seen = replace(one.observation, rule_id=f"network.rule.r{number % RULES}")
        records.append(one.model_copy(update={"observation": seen, "fingerprint": seen.fingerprint}))
    return records


def _requests(tables: MemoryTables) -> int:
    return sum(table.reads + table.writes for table in tables.tables.values())


async def test_a_first_scan_writes_whole_transactions_and_reads_next_to_nothing() -> None:
    tables = MemoryTables()
    store, records = TableFindingStore(tables), _new()
    ids = await store.claim_ids(T0, [one.fingerprint for one in records])
    claims = _requests(tables)
    assert claims <= FINDINGS / 20
    records = [one.model_copy(update={"id": ids[one.fingerprint]}) for one in records]
    assert await store.save([(one, None) for one in records]) == []
    assert _requests(tables) - claims <= FINDINGS / 7
    assert (await store.prove()).wrong_lists == 0


async def test_ids_are_the_same_however_often_and_with_whomever_they_are_claimed() -> None:
    store = TableFindingStore(MemoryTables())
    fingerprints = [one.fingerprint for one in _new()[:60]]
    first = await store.claim_ids(T0, fingerprints[20:40])
    later = T0.replace(minute=50)
    every = await store.claim_ids(later, fingerprints)
    assert {one: every[one] for one in first} == first, "known ones behind unknown ones"
    assert len(set(every.values())) == len(fingerprints)
    assert await store.claim_ids(later.replace(minute=55), fingerprints[::-1]) == every
