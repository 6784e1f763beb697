"""PostureStore: both implementations."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from shared.domain.coverage import CoverageStatus, ScannerCoverage
from shared.domain.ids import IdKind, make_id
from shared.domain.posture import ControlStatus, FrameworkPosture, PostureSnapshot
from shared.domain.scan import ScanType
from shared.domain.severity import Severity
from tests.adapters.builders import at
from tests.adapters.conftest import Stores


def snapshot(
    seconds: float = 0,
    *,
    run: int = 1,
    tail: str = "",
    score: float = 50.0,
    controls: int = 1,
    scan_type: ScanType = ScanType.FULL,
) -> PostureSnapshot:
    statuses = {f"CC{number}": ControlStatus.FAIL for number in range(controls)}
    return PostureSnapshot(
        scan_id=make_id(IdKind.SCAN, at(seconds), tail),
        run=run,
        scan_type=scan_type,
        completed_at=at(seconds + 17),
        frameworks={"soc2": FrameworkPosture(score=score, controls=statuses)},
        by_severity={Severity.HIGH: 2},
        expiring_soon=3,
        unread=(ScannerCoverage(name="cve", status=CoverageStatus.SKIPPED, reason="not_available"),),
    )


async def newest(stores: Stores, scan_type: ScanType = ScanType.FULL) -> list[tuple[str, int]]:
    return [(one.scan_id, one.run) async for one in await stores.postures.newest(scan_type)]


async def test_put_and_get_round_trip(stores: Stores) -> None:
    one = snapshot()
    await stores.postures.put(one)
    assert await stores.postures.get(one.scan_id, 1, ScanType.FULL) == one


async def test_a_repeated_put_replaces(stores: Stores) -> None:
    await stores.postures.put(snapshot(score=1.0))
    await stores.postures.put(snapshot(score=2.0))
    found = await stores.postures.get(snapshot().scan_id, 1, ScanType.FULL)
    assert found is not None
    assert found.frameworks["soc2"].score == 2.0
    assert len(await newest(stores)) == 1


@pytest.mark.parametrize("absent", ["scan-20250805-174259", "scan-20259999-999999", "nonsense", "a/b", ""])
async def test_get_of_something_else_is_none(stores: Stores, absent: str) -> None:
    await stores.postures.put(snapshot())
    assert await stores.postures.get(absent, 1, ScanType.FULL) is None
    assert await stores.postures.get(snapshot().scan_id, 2, ScanType.FULL) is None
    assert await stores.postures.get(snapshot().scan_id, 1, ScanType.NETWORK) is None


async def test_newest_scan_first_and_its_latest_run_first(stores: Stores) -> None:
    for one in (
        snapshot(5),
        snapshot(9, tail="ab12"),
        snapshot(5, run=2),
        snapshot(5, run=10),
        snapshot(86_400),
        snapshot(9),
        snapshot(7, scan_type=ScanType.NETWORK),
    ):
        await stores.postures.put(one)
    assert await newest(stores) == [
        (snapshot(86_400).scan_id, 1),
        (snapshot(9, tail="ab12").scan_id, 1),
        (snapshot(9).scan_id, 1),
        (snapshot(5).scan_id, 10),
        (snapshot(5).scan_id, 2),
        (snapshot(5).scan_id, 1),
    ]
    assert await newest(stores, ScanType.NETWORK) == [(snapshot(7).scan_id, 1)]
    assert await newest(stores, ScanType.CVE_ONLY) == []


async def test_the_stream_may_be_left_early(stores: Stores) -> None:
    for number in range(25):
        await stores.postures.put(snapshot(number))
    seen: list[str] = []
    async with aclosing(await stores.postures.newest(ScanType.FULL)) as stream:
        async for one in stream:
            seen.append(one.scan_id)
            if len(seen) == 12:
                break
    assert seen == [snapshot(number).scan_id for number in range(24, 12, -1)]


async def test_a_large_snapshot_fits(stores: Stores) -> None:
    large = snapshot(controls=20_000)
    await stores.postures.put(large)
    assert await stores.postures.get(large.scan_id, 1, ScanType.FULL) == large
