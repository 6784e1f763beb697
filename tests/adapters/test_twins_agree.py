"""Random work on a twin and on Azure Storage gives the same answers, page by page."""

from __future__ import annotations

import random
import uuid
from typing import Any

import pytest

from shared.adapters.memory.findings import MemoryFindingStore
from shared.adapters.memory.scan_results import MemoryScanResultStore
from shared.adapters.storage_clients import table_service
from shared.adapters.tables.scan_results import TableScanResultStore
from shared.adapters.tables.table import Action, Table, Write
from shared.domain.finding import FindingStatus
from shared.domain.finding_filter import FindingFilter
from shared.domain.page import Page, PageRequest
from shared.domain.severity import Severity
from tests.adapters.builders import SCAN, at, finding, first, frozen, observation
from tests.adapters.conftest import Stores

pytestmark = pytest.mark.local_stack
SHARDS = [f"c{number:06d}" for number in range(6)]


@pytest.mark.parametrize("seed", range(4))
async def test_scan_results(azure: Stores, seed: int) -> None:
    rng = random.Random(seed)
    twin = MemoryScanResultStore()
    positions: dict[str | None, str | None] = {None: None}
    for _ in range(25):
        if rng.random() < 0.4:
            shard = rng.choice(SHARDS)
            numbers = rng.sample(range(SHARDS.index(shard), 120, 6), rng.randrange(12))
            rows = [
                frozen(number, number // 2, severity=rng.choice(list(Severity)), tail=f"{number:08x}")
                for number in numbers
            ]
            await twin.put_findings(SCAN, shard, rows)
            await azure.results.put_findings(SCAN, shard, rows)
            continue
        shards = None if rng.random() < 0.5 else frozenset(rng.sample(SHARDS, rng.randrange(5)))
        severities = tuple(rng.sample(list(Severity), rng.randrange(3)))
        limit, offset = rng.randint(1, 20), rng.choice((0, 0, rng.randrange(30)))
        after = rng.choice(list(positions)) if offset == 0 else None
        expected = await twin.findings(SCAN, PageRequest(limit, offset, after), shards, severities)
        found = await azure.results.findings(
            SCAN, PageRequest(limit, offset, positions[after]), shards, severities
        )
        assert_same(found, expected)
        if expected.next_after:
            positions[expected.next_after] = found.next_after


@pytest.mark.parametrize("seed", range(4))
async def test_findings(azure: Stores, seed: int) -> None:
    rng = random.Random(seed)
    twin = MemoryFindingStore()
    versions: dict[int, tuple[str | None, str | None]] = {}
    for step in range(20):
        if rng.random() < 0.5:
            numbers = rng.sample(range(30), rng.randrange(1, 12))
            changes = []
            for number in numbers:
                moment = at(number // 3)
                fingerprint = observation(number).fingerprint
                claimed = await twin.claim_ids(moment, [fingerprint])
                assert await azure.findings.claim_ids(moment, [fingerprint]) == claimed
                record = finding(
                    number, number // 3, status=rng.choice(list(FindingStatus)), scan_id=f"{SCAN}-{step:04d}"
                ).model_copy(update={"id": claimed[fingerprint]})
                changes.append((record, versions.get(number, (None, None))))
            lost = await twin.save([(record, version[0]) for record, version in changes])
            assert await azure.findings.save([(record, version[1]) for record, version in changes]) == lost
            for number, (record, _) in zip(numbers, changes, strict=True):
                mine, theirs = await twin.get(record.id), await azure.findings.get(record.id)
                assert mine is not None
                assert theirs is not None
                assert mine.value == theirs.value
                if rng.random() < 0.8:  # else the next save names a stale version
                    versions[number] = (mine.etag, theirs.etag)
        where = FindingFilter(
            statuses=tuple(rng.sample(list(FindingStatus), rng.randrange(3))),
            severities=(Severity.HIGH,) if rng.random() < 0.2 else (),
        )
        request = PageRequest(rng.randint(1, 15), rng.choice((0, rng.randrange(20))))
        assert_same(await azure.findings.page(request, where), await twin.page(request, where))


def assert_same(found: Page[Any], expected: Page[Any]) -> None:
    assert (found.items, found.total) == (expected.items, expected.total)
    assert (found.next_after is None) == (expected.next_after is None)


async def test_rows_of_a_put_that_was_cut_short_are_not_listed(storage_connection_string: str) -> None:
    prefix = f"c{uuid.uuid4().hex[:12]}"
    async with table_service(connection_string=storage_connection_string) as service:
        store = TableScanResultStore(service, prefix=prefix)
        await store.put_findings(SCAN, "c000001", [frozen(1), frozen(2)])
        await store.put_findings(SCAN, "c000002", [frozen(3)])
        summary = {"PartitionKey": f"{SCAN}~~shards", "RowKey": "c000001", "complete": False}
        await Table(service, f"{prefix}ScanResults").write(Write(Action.PUT, summary))
        page = await store.findings(SCAN, first(), None)
        assert (page.items, page.total) == ((frozen(3),), 1)
        await store.put_findings(SCAN, "c000001", [frozen(2)])
        repeated = await store.findings(SCAN, first(), None)
        assert (repeated.items, repeated.total) == ((frozen(3), frozen(2)), 2)
