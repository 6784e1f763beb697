"""ScanResultStore: both implementations."""

from __future__ import annotations

from typing import Any

from shared.domain.exposure import Exposure, ExposureFilter, SourceClass, Verdict
from shared.domain.page import Page
from shared.domain.severity import Severity
from shared.ports.stores import PathFilter
from tests.adapters.builders import SCAN, attack_path, exposure, failure, first, frozen, ids_of
from tests.adapters.conftest import Stores

OTHER = f"{SCAN}-abcd12"


def names(page: Page[Any]) -> list[str]:
    return [row.resource_id.rsplit("/", 1)[1] for row in page.items]


async def walk(stores: Stores, limit: int, shards: frozenset[str] | None = None) -> list[str]:
    ids: list[str] = []
    after = None
    while True:
        page = await stores.results.findings(SCAN, first(limit, after=after), shards)
        ids += ids_of(page)
        after = page.next_after
        if after is None:
            return ids


async def test_findings_of_many_shards_are_one_list_newest_first(stores: Stores) -> None:
    for shard in range(5):
        rows = [frozen(number) for number in range(shard, 60, 5)]
        await stores.results.put_findings(SCAN, f"c{shard:06d}", rows)
    await stores.results.put_findings(OTHER, "c000001", [frozen(900)])
    expected = [frozen(number).id for number in range(59, -1, -1)]
    for limit in (1, 7, 60, 100):
        assert await walk(stores, limit) == expected
    page = await stores.results.findings(SCAN, first(4, offset=13), None)
    assert (ids_of(page), page.total) == (expected[13:17], 60)
    assert page.items[0] == frozen(46)
    following = await stores.results.findings(SCAN, first(4, after=page.next_after), None)
    assert ids_of(following) == expected[17:21]
    beyond = await stores.results.findings(SCAN, first(4, offset=60), None)
    assert (beyond.items, beyond.total, beyond.next_after) == ((), 60, None)


async def test_findings_within_a_second(stores: Stores) -> None:
    rows = [frozen(0, 0), frozen(1, 0, tail="00ff00ff"), frozen(2, 0, tail="ff00ff00"), frozen(3, 1)]
    await stores.results.put_findings(SCAN, "c000001", rows)
    assert await walk(stores, 3) == [rows[place].id for place in (3, 2, 1, 0)]


async def test_only_the_shards_asked_for(stores: Stores) -> None:
    await stores.results.put_findings(SCAN, "c000001", [frozen(1), frozen(3)])
    await stores.results.put_findings(SCAN, "c000002", [frozen(2, severity=Severity.LOW), frozen(4)])
    page = await stores.results.findings(SCAN, first(), frozenset({"c000002"}))
    assert (ids_of(page), page.total) == ([frozen(4).id, frozen(2).id], 2)
    low = await stores.results.findings(SCAN, first(), frozenset({"c000002"}), (Severity.LOW,))
    assert (ids_of(low), low.total) == ([frozen(2).id], 1)
    none = await stores.results.findings(SCAN, first(), frozenset())
    assert (none.items, none.total) == ((), 0)
    by_offset = await stores.results.findings(SCAN, first(1, offset=1), frozenset({"c000001"}))
    assert (ids_of(by_offset), by_offset.next_after) == ([frozen(1).id], None)


async def test_a_later_attempt_replaces_the_earlier_one(stores: Stores) -> None:
    await stores.results.put_findings(SCAN, "c000002", [frozen(100)])
    await stores.results.put_findings(SCAN, "c000001", [frozen(number) for number in range(10)])
    kept = [frozen(number, severity=Severity.CRITICAL) for number in range(8, 12)]
    for _ in range(2):
        await stores.results.put_findings(SCAN, "c000001", kept)
        page = await stores.results.findings(SCAN, first(), None)
        assert ids_of(page) == [frozen(number).id for number in (100, 11, 10, 9, 8)]
        assert page.total == 5
        critical = await stores.results.findings(SCAN, first(2), None, (Severity.CRITICAL,))
        assert (critical.total, critical.items) == (4, (kept[3], kept[2]))
    await stores.results.put_findings(SCAN, "c000001", [])
    assert (await stores.results.findings(SCAN, first(), None)).total == 1


async def test_one_id_twice_in_a_put_is_one_row(stores: Stores) -> None:
    await stores.results.put_findings(SCAN, "c000001", [frozen(1), frozen(1, severity=Severity.LOW)])
    page = await stores.results.findings(SCAN, first(), None)
    assert (page.total, page.items) == (1, (frozen(1, severity=Severity.LOW),))


async def test_exposures_are_ordered_by_key_and_filtered(stores: Stores) -> None:
    rows = [
        exposure("vm-b"),
        exposure("vm.a"),
        exposure("vm/a", source_class=SourceClass.LIMITED),
        exposure("vm0a", verdict=Verdict.POSSIBLE),
        exposure("vm_a", source_class=SourceClass.TAG, verdict=Verdict.LATENT),
        exposure("vm#a?", verdict=Verdict.POSSIBLE, source_class=SourceClass.AZURE),
    ]
    await stores.results.put_exposures(SCAN, "r-one", rows[:3])
    await stores.results.put_exposures(SCAN, "r-two", rows[3:])
    ordered = sorted(rows, key=lambda row: row.key)
    page = await stores.results.exposures(SCAN, first(4), None)
    assert (page.items, page.total) == (tuple(ordered[:4]), 6)
    rest = await stores.results.exposures(SCAN, first(4, after=page.next_after), None)
    assert (rest.items, rest.next_after) == (tuple(ordered[4:]), None)
    possible = await stores.results.exposures(
        SCAN, first(), None, ExposureFilter(verdicts=(Verdict.POSSIBLE,))
    )
    assert {row.verdict for row in possible.items} == {Verdict.POSSIBLE}
    assert possible.total == len(possible.items) == 2
    many = await stores.results.exposures(
        SCAN, first(2), None, ExposureFilter((SourceClass.AZURE, SourceClass.INTERNET), tuple(Verdict))
    )
    assert many.total == 4
    both = await stores.results.exposures(
        SCAN, first(), frozenset({"r-two"}), ExposureFilter((SourceClass.AZURE,), (Verdict.POSSIBLE,))
    )
    assert both.items == (rows[5],)


async def filtered(stores: Stores, limit: int, wanted: ExposureFilter) -> tuple[list[Exposure], set[int]]:
    """Every row that a filter takes, walked in pages of `limit`, and the totals that the pages named."""
    rows: list[Exposure] = []
    totals = set()
    after = None
    while True:
        page = await stores.results.exposures(SCAN, first(limit, after=after), None, wanted)
        rows += page.items
        totals.add(page.total)
        after = page.next_after
        if after is None:
            return rows, totals


async def test_exposures_by_port_and_resource(stores: Stores) -> None:
    rows = [
        exposure("a", ports=("22",)),
        exposure("b", ports=("20-25", "80")),
        exposure("c", ports=("*",), verdict=Verdict.POSSIBLE),
        exposure("d", ports=("80", "221-2222")),
        exposure("e", ports=("0-21", "23-65535")),
    ]
    await stores.results.put_exposures(SCAN, "r-one", rows[:2])
    await stores.results.put_exposures(SCAN, "r-two", rows[2:])
    for limit in (1, 2, 50):
        assert await filtered(stores, limit, ExposureFilter(port=22)) == (rows[:3], {3})
        assert await filtered(stores, limit, ExposureFilter(port=80)) == (rows[1:], {4})
        assert await filtered(stores, limit, ExposureFilter(port=0)) == ([rows[2], rows[4]], {2})
        assert await filtered(stores, limit, ExposureFilter(port=65535)) == ([rows[2], rows[4]], {2})
    certain = ExposureFilter(verdicts=(Verdict.EXPOSED,), port=22)
    assert await filtered(stores, 1, certain) == (rows[:2], {2})
    for named in (rows[3].entry_point, rows[3].resource_id, rows[3].path[0].resource_id):
        assert named is not None
        assert await filtered(stores, 5, ExposureFilter(resource=named.lower())) == ([rows[3]], {1})
    by_offset = await stores.results.exposures(SCAN, first(1, offset=1), None, ExposureFilter(port=22))
    assert (by_offset.items, by_offset.total) == ((rows[1],), 3)
    beyond = await stores.results.exposures(SCAN, first(1, offset=3), None, ExposureFilter(port=22))
    assert (beyond.items, beyond.total, beyond.next_after) == ((), 3, None)
    one = await stores.results.exposures(SCAN, first(), frozenset({"r-two"}), ExposureFilter(port=22))
    assert (one.items, one.total) == ((rows[2],), 1)
    nobody = ExposureFilter(port=22, resource=rows[3].resource_id.lower())
    assert await filtered(stores, 5, nobody) == ([], {0})


async def test_long_exposure_keys_are_told_apart(stores: Stores) -> None:
    rows = [exposure("x" * 1500 + str(number)) for number in range(3)]
    await stores.results.put_exposures(SCAN, "r-one", rows)
    page = await stores.results.exposures(SCAN, first(), None)
    assert {row.key for row in page.items} == {row.key for row in rows}


async def test_failures_are_ordered_and_equal_ones_kept(stores: Stores) -> None:
    await stores.results.put_failures(SCAN, "c000002", [failure("b"), failure("a")])
    await stores.results.put_failures(SCAN, "c000001", [failure("z"), failure(None), failure(None)])
    page = await stores.results.failures(SCAN, first(), None)
    expected = (failure(None), failure(None), failure("z"), failure("a"), failure("b"))
    assert (page.items, page.total) == (expected, 5)
    one = await stores.results.failures(SCAN, first(2, offset=1), frozenset({"c000001"}))
    assert (one.items, one.total) == (expected[1:3], 3)
    await stores.results.put_failures(SCAN, "c000001", [failure("y")])
    after = await stores.results.failures(SCAN, first(), None)
    assert after.items == (failure("y"), failure("a"), failure("b"))


async def test_attack_paths_worst_first_and_filtered(stores: Stores) -> None:
    rows = [
        attack_path("a", 90),
        attack_path("b", 100, entry_point="Other"),
        attack_path("c", 70, severity=Severity.HIGH),
        attack_path("d", 9, entry_point="Other", severity=Severity.LOW),
        attack_path("e", 90, entry_point="a pip#1"),
    ]
    await stores.results.put_attack_paths(SCAN, "r-one", rows[:3])
    await stores.results.put_attack_paths(SCAN, "r-two", rows[3:])
    everything = PathFilter()
    page = await stores.results.attack_paths(SCAN, first(3), None, everything)
    assert (page.items, page.total) == ((rows[1], rows[4], rows[0]), 5)
    rest = await stores.results.attack_paths(SCAN, first(3, after=page.next_after), None, everything)
    assert (rest.items, rest.next_after) == ((rows[2], rows[3]), None)

    async def kept(where: PathFilter, shards: frozenset[str] | None = None) -> list[str]:
        found = await stores.results.attack_paths(SCAN, first(), shards, where)
        assert found.total == len(found.items)
        return [row.target.rsplit("/", 1)[-1] for row in found.items]

    assert await kept(PathFilter(severities=(Severity.HIGH, Severity.LOW))) == ["c", "d"]
    assert await kept(PathFilter(entry_point=rows[1].entry_point.upper())) == ["b", "d"]
    assert await kept(PathFilter(target=rows[0].target.upper())) == ["a"]
    assert await kept(PathFilter((Severity.LOW,), rows[1].entry_point)) == ["d"]
    assert await kept(PathFilter(entry_point=rows[1].entry_point), frozenset({"r-two"})) == ["d"]
    assert await kept(PathFilter(target="/nowhere")) == []
    one = await stores.results.attack_paths(
        SCAN, first(1, offset=1), None, PathFilter(entry_point=rows[1].entry_point)
    )
    assert (one.items, one.total) == ((rows[3],), 2)
    await stores.results.put_attack_paths(SCAN, "r-one", [])
    assert await kept(everything) == ["e", "d"]


async def test_kinds_and_scans_are_apart(stores: Stores) -> None:
    await stores.results.put_findings(SCAN, "c000001", [frozen(1)])
    assert (await stores.results.findings(OTHER, first(), None)).total == 0
    assert (await stores.results.exposures(SCAN, first(), None)).total == 0
    assert (await stores.results.failures(SCAN, first(), None)).total == 0
