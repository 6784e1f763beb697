"""Recording over the tables' own store: lists that scans leave, sightings, histories, suppressions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.memory.tables import MemoryTables
from shared.adapters.tables.findings import TableFindingStore
from shared.domain.finding import ChangeSource, FindingStatus
from shared.domain.finding_filter import FindingFilter
from shared.domain.lifecycle import Author, Edit
from shared.domain.page import PageRequest
from shared.domain.principal import Principal, Role
from shared.domain.scan import ScanStatus
from shared.domain.suppression import SuppressionScope
from shared.services.finding_changes import FindingChanges
from shared.services.suppressions import Suppressions
from tests.unit.engine.probe_scanner import TYPE, resource
from tests.unit.engine.simulation import Crash, World
from tests.unit.engine.test_cases import BAD, records, scanned, world

CALLER = Principal("tester", "Tester", Role.OPERATOR)
WORSE = resource("s1", 3, bad=True)


def tabled(*resources: Any) -> tuple[World, MemoryTables]:
    place, tables = world(*resources), MemoryTables()
    store: Any = TableFindingStore(tables, now=place.clock.now)
    place.findings = store
    place.calm = place.engine(0.0)
    return place, tables


async def assert_lists_are_records(place: World) -> None:
    for record in await records(place):
        stored = await place.findings.get(record.id)
        assert stored is not None
        assert stored.value == record
    store: Any = place.findings
    proof = await store.prove()
    assert (proof.wrong_lists, proof.wrong_totals) == (0, 0)


async def test_a_scan_that_finds_the_same_writes_no_list() -> None:
    place, tables = tabled(BAD, WORSE)
    first = await scanned(place)
    before = tables("FindingIndex").writes
    second = await scanned(place)
    assert tables("FindingIndex").writes == before
    assert {one.scan_id for one in await records(place)} == {second.scan_id} != {first.scan_id}
    await assert_lists_are_records(place)


async def test_what_a_scan_did_not_see_keeps_its_own_sighting() -> None:
    place, _ = tabled(BAD, WORSE)
    first = await scanned(place)
    place.inventory.put({**BAD, "properties": "cut off"})
    second = await scanned(place)
    by_scan = {one.scan_id: one for one in await records(place)}
    assert set(by_scan) == {first.scan_id, second.scan_id}
    assert by_scan[first.scan_id].missed
    await assert_lists_are_records(place)
    place.inventory.put(BAD)
    third = await scanned(place)
    assert {one.scan_id for one in await records(place)} == {third.scan_id}
    await assert_lists_are_records(place)


async def test_a_narrow_scan_tells_of_each_finding_by_itself() -> None:
    place, tables = tabled(BAD, WORSE)
    await scanned(place)
    before = tables("FindingTotals").writes, tables("FindingIndex").writes
    await scanned(place, target_resources=(BAD["id"],), subscriptions=("s1",))
    assert tables("FindingTotals").writes == before[0], "the subscription as a whole was not looked at"
    assert tables("FindingIndex").writes > before[1]
    await assert_lists_are_records(place)


async def test_resolved_and_reopened_moves_between_lists_and_is_history() -> None:
    place, _ = tabled(BAD)
    await scanned(place)
    place.inventory.put(resource("s1", 1, bad=False))
    gone = await scanned(place)
    resolved = await place.findings.page(PageRequest(), FindingFilter(statuses=(FindingStatus.RESOLVED,)))
    assert resolved.total == len(resolved.items) == 1
    place.inventory.put(BAD)
    back = await scanned(place)
    await assert_lists_are_records(place)
    changes = FindingChanges(place.calm.findings, place.calm.history)
    page = await changes.history(resolved.items[0].id, PageRequest())
    assert [(one.source, one.by) for one in page.items] == [
        (ChangeSource.SCAN, back.scan_id),
        (ChangeSource.SCAN, gone.scan_id),
    ]
    assert (await records(place))[0].reopened_at is not None


async def test_what_people_set_survives_scans() -> None:
    place, _ = tabled(BAD)
    await scanned(place)
    (record,) = await records(place)
    changes = FindingChanges(place.calm.findings, place.calm.history)
    author = Author(ChangeSource.PERSON, "zoe", place.clock.now(), "req-1")
    members = {"assigned_to": "zoe", "status": FindingStatus.IN_PROGRESS}
    await changes.edit(record.id, Edit(frozenset(members), **members), author)  # type: ignore[arg-type]
    await scanned(place)
    (after,) = await records(place)
    assert (after.assigned_to, after.status) == ("zoe", FindingStatus.IN_PROGRESS)
    await assert_lists_are_records(place)


async def test_findings_that_come_later_are_suppressed_and_come_back() -> None:
    place, _ = tabled(BAD)
    suppressions = Suppressions(place.calm)
    until = place.clock.now() + timedelta(hours=2)
    await suppressions.create(SuppressionScope(subscription_id="S1"), "why", until, CALLER)
    await scanned(place)
    (record,) = await records(place)
    assert (record.status, record.before_suppression) == (FindingStatus.SUPPRESSED, FindingStatus.OPEN)
    await scanned(place)
    await assert_lists_are_records(place)
    place.clock.advance(timedelta(hours=3))
    await suppressions.sweep()
    (record,) = await records(place)
    assert (record.status, record.suppressed_by) == (FindingStatus.OPEN, None)
    await assert_lists_are_records(place)


async def test_by_tag_both_ways_and_loud_where_tags_cannot_be_read() -> None:
    tagged = {**BAD, "tags": {"Env": "test"}}
    place, _ = tabled(tagged, WORSE)
    await scanned(place)
    suppressions = Suppressions(place.calm)
    until = place.clock.now() + timedelta(days=2)
    scope = SuppressionScope(tag_name="env", tag_value="test")
    await suppressions.create(scope, "why", until, CALLER)
    quiet = {one.observation.evaluated_id: one.status for one in await records(place)}
    assert quiet == {BAD["id"]: FindingStatus.SUPPRESSED, WORSE["id"]: FindingStatus.OPEN}
    await scanned(place)
    assert {one.observation.evaluated_id: one.status for one in await records(place)} == quiet
    await assert_lists_are_records(place)
    other, _ = tabled(tagged)
    await Suppressions(other.calm).create(scope, "why", until, CALLER)
    await scanned(other)
    assert (await records(other))[0].status is FindingStatus.SUPPRESSED
    assert TYPE


class Killed:
    """The process dies once, at a chosen write of any table of findings: just before it, or just after."""

    def __init__(self, tables: MemoryTables, write: int, *, late: bool) -> None:
        self.left = write
        for table in tables.tables.values():
            table.before, table.after = (_nothing, self._step) if late else (self._step, _nothing)

    def _step(self, writes: object) -> None:
        self.left -= 1
        if self.left == -1:
            raise Crash


def _nothing(writes: object) -> None:
    return None


@pytest.mark.parametrize("change", ["first seen", "fixed", "back", "worse"])
async def test_a_shard_repeated_after_a_kill_at_any_write_leaves_whole_lists(change: str) -> None:
    """No timer runs here: the scan itself must not end with lists that lack its records."""
    write, deaths = 0, 1
    while deaths:
        deaths = 0
        for late in (False, True):
            place, tables = tabled(BAD, WORSE, resource("s1", 4, bad=False))
            if change != "first seen":
                await scanned(place)
                place.inventory.put(resource("s1", 1, bad=False))
            if change == "back":
                await scanned(place)
                place.inventory.put(BAD)
            if change == "worse":
                place.inventory.put(resource("s1", 4, bad=True))
            killed = Killed(tables, write, late=late)
            end = await scanned(place)
            deaths += killed.left < 0
            assert end.status is ScanStatus.COMPLETED
            await assert_lists_are_records(place)
            # And nobody is left who needs the timer for it: its repair finds all as it should be.
            place.clock.advance(timedelta(minutes=6))
            await place.findings.repair()
            await assert_lists_are_records(place)
            assert await place.findings.repair() == 0
        write += 1
    assert write > 10
