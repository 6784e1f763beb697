"""ScanStore: both implementations."""

from __future__ import annotations

import asyncio

import pytest

from shared.domain.scan import ScanStatus, ScanType
from shared.ports.errors import AlreadyExistsError, MissingError, VersionConflictError
from tests.adapters.builders import first, ids_of, scan
from tests.adapters.conftest import Stores


async def test_insert_and_get_round_trip(stores: Stores) -> None:
    await stores.scans.insert(scan())
    found = await stores.scans.get("scan-20250805-174258")
    assert found is not None
    assert found.value == scan()


@pytest.mark.parametrize("absent", ["scan-20250805-174259", "scan-20259999-999999", "nonsense", "a/b", ""])
async def test_get_of_something_else_is_none(stores: Stores, absent: str) -> None:
    await stores.scans.insert(scan())
    assert await stores.scans.get(absent) is None


async def test_id_is_taken_once(stores: Stores) -> None:
    await stores.scans.insert(scan())
    with pytest.raises(AlreadyExistsError):
        await stores.scans.insert(scan(scan_type=ScanType.NETWORK))
    found = await stores.scans.get(scan().scan_id)
    assert found is not None
    assert found.value.request.scan_type is ScanType.FULL


async def test_racing_inserts_have_one_winner(stores: Stores) -> None:
    answers = await asyncio.gather(
        *(stores.scans.insert(scan(run=number)) for number in range(1, 9)), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyExistsError"] * 7 + ["NoneType"]


async def test_replace_needs_the_present_version(stores: Stores) -> None:
    await stores.scans.insert(scan())
    before = await stores.scans.get(scan().scan_id)
    assert before is not None
    written = await stores.scans.replace(scan(status=ScanStatus.PLANNING), before.etag)
    with pytest.raises(VersionConflictError):
        await stores.scans.replace(scan(status=ScanStatus.FAILED), before.etag)
    again = await stores.scans.replace(scan(status=ScanStatus.RUNNING), written.etag)
    now = await stores.scans.get(scan().scan_id)
    assert now is not None
    assert (now.value.status, now.etag) == (ScanStatus.RUNNING, again.etag)


async def test_replace_of_an_absent_scan(stores: Stores) -> None:
    await stores.scans.insert(scan())
    version = await stores.scans.get(scan().scan_id)
    assert version is not None
    with pytest.raises(MissingError):
        await stores.scans.replace(scan(5), version.etag)


async def test_page_is_newest_first_also_within_a_second(stores: Stores) -> None:
    for each in (scan(10), scan(0), scan(10, tail="zz99aa"), scan(10, tail="ab12"), scan(86_400 * 40)):
        await stores.scans.insert(each)
    page = await stores.scans.page(first())
    assert ids_of(page) == [
        "scan-20250914-174258",
        "scan-20250805-174308-zz99aa",
        "scan-20250805-174308-ab12",
        "scan-20250805-174308",
        "scan-20250805-174258",
    ]
    assert (page.total, page.next_after) == (5, None)


async def test_page_by_offset_position_and_type(stores: Stores) -> None:
    for number in range(10):
        kind = ScanType.NETWORK if number % 2 else ScanType.FULL
        await stores.scans.insert(scan(number, scan_type=kind))
    by_offset = await stores.scans.page(first(3, offset=2))
    assert ids_of(by_offset) == [scan(number).scan_id for number in (7, 6, 5)]
    following = await stores.scans.page(first(3, after=by_offset.next_after))
    assert ids_of(following) == [scan(number).scan_id for number in (4, 3, 2)]
    last = await stores.scans.page(first(3, after=following.next_after))
    assert (ids_of(last), last.total, last.next_after) == ([scan(1).scan_id, scan(0).scan_id], 10, None)
    network = await stores.scans.page(first(2, offset=1), ScanType.NETWORK)
    assert (ids_of(network), network.total) == ([scan(7).scan_id, scan(5).scan_id], 5)
    beyond = await stores.scans.page(first(5, offset=10))
    assert (beyond.items, beyond.total, beyond.next_after) == ((), 10, None)


async def test_a_scan_inserted_between_pages_moves_nothing(stores: Stores) -> None:
    for number in range(6):
        await stores.scans.insert(scan(number))
    one = await stores.scans.page(first(3))
    await stores.scans.insert(scan(100))
    two = await stores.scans.page(first(3, after=one.next_after))
    assert ids_of(one) + ids_of(two) == [scan(number).scan_id for number in (5, 4, 3, 2, 1, 0)]
    assert two.total == 7


async def test_unfinished_follows_the_status(stores: Stores) -> None:
    await stores.scans.insert(scan(0))
    await stores.scans.insert(scan(1, status=ScanStatus.COMPLETED))
    await stores.scans.insert(scan(2))
    assert [found.scan_id for found in await stores.scans.unfinished()] == [scan(0).scan_id, scan(2).scan_id]
    version = await stores.scans.get(scan(0).scan_id)
    assert version is not None
    over = await stores.scans.replace(scan(0, status=ScanStatus.PARTIAL), version.etag)
    assert [found.scan_id for found in await stores.scans.unfinished()] == [scan(2).scan_id]
    over = await stores.scans.replace(scan(0, status=ScanStatus.FAILED), over.etag)
    await stores.scans.replace(scan(0, status=ScanStatus.QUEUED, run=2), over.etag)
    assert [found.scan_id for found in await stores.scans.unfinished()] == [scan(0).scan_id, scan(2).scan_id]


async def test_a_large_scan_fits(stores: Stores) -> None:
    shards = tuple(f"r-{number:08d}-2222-3333-4444-555555555555" for number in range(20_000))
    large = scan(status=ScanStatus.PARTIAL, result_shards=shards)
    await stores.scans.insert(large)
    found = await stores.scans.get(large.scan_id)
    assert found is not None
    assert found.value == large
