"""What a page of findings costs in reads of storage (contract 2.8), with 500,000 of them."""

from __future__ import annotations

import resource as process
from collections.abc import Iterator

import pytest

from benchmarks.findings_load import NEWEST, LoadedFindings, finding, walk
from shared.domain.finding import FindingStatus
from shared.domain.finding_filter import FindingFilter
from shared.domain.page import PageRequest
from shared.domain.severity import Severity

MOST_READS = 10
SUBSCRIPTION = finding(7).observation.subscription_id
EXACT = {
    "everything": FindingFilter(),
    "subscription": FindingFilter(subscription_id=SUBSCRIPTION),
    "rule": FindingFilter(rule_id=finding(7).observation.rule_id),
    **{f"status {one}": FindingFilter(statuses=(one,)) for one in FindingStatus},
    **{f"severity {one}": FindingFilter(severities=(one,)) for one in Severity},
    "all severities": FindingFilter(severities=tuple(Severity)),
    "the seed's": FindingFilter(
        statuses=(FindingStatus.OPEN,), severities=(Severity.CRITICAL, Severity.HIGH)
    ),
    "status x severity x subscription": FindingFilter(
        statuses=(FindingStatus.OPEN,), severities=(Severity.HIGH,), subscription_id=SUBSCRIPTION
    ),
    "rare status x severity x subscription": FindingFilter(
        statuses=(FindingStatus.SUPPRESSED,), severities=(Severity.CRITICAL,), subscription_id=SUBSCRIPTION
    ),
}
SEARCHED = {
    "text": FindingFilter(text="vm12345"),
    "nothing": FindingFilter(text="no such thing"),
    "assignee": FindingFilter(assigned_to="nobody", severities=(Severity.CRITICAL,)),
    "rules": FindingFilter(rules=frozenset({finding(7).observation.rule_id})),
    "three states": FindingFilter(
        statuses=(FindingStatus.RESOLVED, FindingStatus.SUPPRESSED, FindingStatus.FALSE_POSITIVE)
    ),
}


@pytest.fixture(
    scope="module",
    params=[20_000, pytest.param(500_000, marks=pytest.mark.slow)],
    ids=lambda count: f"{count}",
)
def loaded(request: pytest.FixtureRequest) -> Iterator[LoadedFindings]:
    yield LoadedFindings(request.param)


@pytest.mark.parametrize("name", EXACT)
async def test_at_most_ten_reads_and_an_exact_total(loaded: LoadedFindings, name: str) -> None:
    await loaded.load_totals()
    where = EXACT[name]
    for limit in (50, 200):
        seen = await walk(loaded, where, limit, pages=2)
        assert seen["reads"] <= MOST_READS
        assert seen["total"] == loaded.count(where)
        assert seen["rows"] == min(seen["total"], 2 * limit)


async def test_one_resource(loaded: LoadedFindings) -> None:
    await loaded.load_totals()
    one = finding(9)
    before = loaded.reads
    where = FindingFilter(resource_id=one.observation.resource_id.upper())
    page = await loaded.store.page(PageRequest(), where)
    assert loaded.reads - before <= MOST_READS
    assert page.total == len(page.items) > 0
    assert all(where.matches(each) for each in page.items)


async def test_the_pages_hold_the_matches_in_order(loaded: LoadedFindings) -> None:
    await loaded.load_totals()
    where = EXACT["the seed's"]
    after, ids = None, []
    for _ in range(3):
        page = await loaded.store.page(PageRequest(limit=37, after=after), where)
        ids += [one.id for one in page.items]
        after = page.next_after
    expected = [one.id for one in map(finding, range(1500)) if where.matches(one)][: len(ids)]
    assert ids == expected


async def test_times_are_ranges_of_keys(loaded: LoadedFindings) -> None:
    await loaded.load_totals()
    middle, end = finding(9_000).detected_at, finding(8_000).detected_at
    where = FindingFilter(detected_after=middle, detected_before=end, severities=(Severity.HIGH,))
    before = loaded.reads
    page = await loaded.store.page(PageRequest(limit=200), where)
    assert loaded.reads - before <= MOST_READS
    assert page.total is None
    expected = [one.id for one in map(finding, range(7_000, 10_000)) if where.matches(one)]
    assert [one.id for one in page.items] == expected[:200]
    assert end < NEWEST


@pytest.mark.parametrize("name", SEARCHED)
async def test_other_combinations_read_a_bounded_number_of_pages_and_go_on(
    loaded: LoadedFindings, name: str
) -> None:
    await loaded.load_totals()
    where = SEARCHED[name]
    expected = [one.id for one in map(finding, range(20_000)) if where.matches(one)]
    after, ids = None, []
    for _ in range(2):
        before = loaded.reads
        page = await loaded.store.page(PageRequest(limit=50, after=after), where)
        assert loaded.reads - before <= MOST_READS
        assert all(where.matches(one) for one in page.items)
        ids += [one.id for one in page.items]
        after = page.next_after
        if after is None:
            break
    assert ids == expected[: len(ids)]


async def test_memory_stays_flat(loaded: LoadedFindings) -> None:
    await loaded.load_totals()
    await walk(loaded, FindingFilter(), 200, pages=3)
    before = process.getrusage(process.RUSAGE_SELF).ru_maxrss
    await walk(loaded, FindingFilter(), 200, pages=25)
    await walk(loaded, FindingFilter(statuses=(FindingStatus.OPEN,)), 200, pages=6)
    assert process.getrusage(process.RUSAGE_SELF).ru_maxrss - before < 40 * 1024
