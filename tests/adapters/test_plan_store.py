"""PlanStore: both implementations."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.coverage import CoverageStatus, SubscriptionCoverage, TypeCoverage
from shared.domain.plan import PlanDigest, ShardOutcome, ShardStage
from shared.ports.errors import MissingError, VersionConflictError
from tests.adapters.builders import SCAN, SUBSCRIPTION, cursor, marker, planned, shard
from tests.adapters.conftest import Stores

OTHER = "scan-20250805-174300"


async def test_the_first_word_on_a_page_stands(stores: Stores) -> None:
    assert await stores.plans.insert_page(planned(0), [shard(1)])
    assert not await stores.plans.insert_page(planned(0, last=True), [shard(1, attempt=7), shard(2)])
    assert await stores.plans.pages(SCAN) == [planned(0)]
    assert await stores.plans.shards(SCAN) == [shard(1)]


async def test_a_page_joins_shards_that_are_there(stores: Stores) -> None:
    await stores.plans.insert_shards(SCAN, [shard(2, attempt=5)])
    assert await stores.plans.insert_page(planned(0), [shard(1), shard(2)])
    assert await stores.plans.shards(SCAN) == [shard(1), shard(2, attempt=5)]


async def test_racing_pages_have_one_winner(stores: Stores) -> None:
    won = await asyncio.gather(
        *(stores.plans.insert_page(planned(0), [shard(number)]) for number in range(1, 7))
    )
    assert sorted(won) == [False] * 5 + [True]
    assert len(await stores.plans.shards(SCAN)) == 1


async def test_a_page_takes_ninety_shards(stores: Stores) -> None:
    shards = [shard(number) for number in range(1, 91)]
    assert await stores.plans.insert_page(planned(0), shards)
    assert await stores.plans.shards(SCAN) == shards


async def test_pages_are_in_order_and_of_one_scan(stores: Stores) -> None:
    for number in (2, 0, 10, 1):
        await stores.plans.insert_page(planned(number), [])
    await stores.plans.insert_page(planned(0, scan_id=OTHER), [])
    assert [page.number for page in await stores.plans.pages(SCAN)] == [0, 1, 2, 10]
    assert await stores.plans.get_page(SCAN, 10) == planned(10)
    assert await stores.plans.get_page(SCAN, 3) is None


async def test_page_zero_holds_ten_thousand_subscriptions(stores: Stores) -> None:
    ids = tuple(f"{number:08d}-2222-3333-4444-555555555555" for number in range(10_000))
    page = planned(
        0,
        batches=(ids,),
        subscriptions=tuple(
            SubscriptionCoverage(subscription_id=each, status=CoverageStatus.READ) for each in ids
        ),
    )
    await stores.plans.insert_page(page, [shard(1)])
    assert await stores.plans.get_page(SCAN, 0) == page


async def test_insert_shards_keeps_what_is_there(stores: Stores) -> None:
    await stores.plans.insert_shards(SCAN, [shard(1, attempt=3)])
    await stores.plans.insert_shards(SCAN, [shard(number) for number in range(1, 131)])
    found = await stores.plans.shards(SCAN)
    assert [each.attempt for each in found] == [3] + [1] * 129
    assert await stores.plans.get_shard(SCAN, "c000130") == shard(130)
    assert await stores.plans.get_shard(SCAN, "c000131") is None


async def test_attempts_are_raised_one_by_one(stores: Stores) -> None:
    await stores.plans.insert_shards(SCAN, [shard(1)])
    assert (await stores.plans.raise_attempt(SCAN, "c000001")).attempt == 2
    assert (await stores.plans.raise_attempt(SCAN, "c000001")).attempt == 3
    assert await stores.plans.get_shard(SCAN, "c000001") == shard(1, attempt=3)
    with pytest.raises(MissingError):
        await stores.plans.raise_attempt(SCAN, "c000002")


async def test_racing_raises_lose_nothing(stores: Stores) -> None:
    await stores.plans.insert_shards(SCAN, [shard(1)])
    answers = await asyncio.gather(
        *(stores.plans.raise_attempt(SCAN, "c000001") for _ in range(6)), return_exceptions=True
    )
    assert all(
        isinstance(answer, VersionConflictError) for answer in answers if isinstance(answer, BaseException)
    )
    won = sum(not isinstance(answer, BaseException) for answer in answers)
    stored = await stores.plans.get_shard(SCAN, "c000001")
    assert stored is not None
    assert stored.attempt == 1 + won
    assert won >= 1


async def test_the_first_marker_stands(stores: Stores) -> None:
    assert await stores.plans.insert_marker(marker(2))
    assert not await stores.plans.insert_marker(marker(2, outcome=ShardOutcome.FAILED))
    assert await stores.plans.insert_marker(marker(1))
    assert await stores.plans.markers(SCAN) == [marker(1), marker(2)]


async def test_deleting_shards_takes_their_markers(stores: Stores) -> None:
    await stores.plans.insert_shards(SCAN, [shard(1), shard(2), shard(3)])
    for number in (1, 2):
        await stores.plans.insert_marker(marker(number))
    await stores.plans.delete_shards(SCAN, ["c000001", "c000003", "c000009"])
    assert await stores.plans.shards(SCAN) == [shard(2)]
    assert await stores.plans.markers(SCAN) == [marker(2)]
    await stores.plans.delete_markers(SCAN, ["c000002", "c000003"])
    assert await stores.plans.markers(SCAN) == []
    assert await stores.plans.insert_marker(marker(2, outcome=ShardOutcome.FAILED))


async def test_superseded_pages_are_marked_and_stand(stores: Stores) -> None:
    unread = TypeCoverage(
        subscription_id=SUBSCRIPTION, type="microsoft.compute/disks", status=CoverageStatus.FAILED
    )
    batches = ((SUBSCRIPTION,),)
    full = {"failed": "denied", "shards": ("c000001",), "types": (unread,), "batches": batches}
    for number in (0, 1, 2):
        await stores.plans.insert_page(planned(number, **full), [])
    await stores.plans.supersede_pages(SCAN, [1, 2, 9])
    marked = [planned(number, superseded=True, **full) for number in (1, 2)]
    assert await stores.plans.pages(SCAN) == [planned(0, **full), *marked]
    assert not await stores.plans.insert_page(planned(1, **full), [])


async def test_digest(stores: Stores) -> None:
    assert await stores.plans.digest(SCAN) == PlanDigest()
    await stores.plans.insert_page(planned(0), [shard(1)])
    relate = shard(2, shard_id=f"r-{SUBSCRIPTION}", stage=ShardStage.RELATE)
    await stores.plans.insert_shards(SCAN, [relate])
    await stores.plans.insert_marker(marker(1))
    assert await stores.plans.digest(SCAN) == PlanDigest(
        last_page=0,
        next=cursor(1),
        shards={"c000001": ShardStage.COLLECT, f"r-{SUBSCRIPTION}": ShardStage.RELATE},
        marked=frozenset({"c000001"}),
    )
    assert await stores.plans.digest(OTHER) == PlanDigest()
    await stores.plans.insert_page(planned(1, last=True), [])
    done = await stores.plans.digest(SCAN)
    assert (done.last_page, done.next, done.planned) == (1, None, True)


async def test_signs_of_life_count_until_their_shard_is_over(stores: Stores) -> None:
    await stores.plans.insert_page(planned(0), [shard(1), shard(2)])
    early, late = (datetime(2026, 3, 1, 12, minute, 5, 250, tzinfo=UTC) for minute in (1, 4))
    await stores.plans.note_work(SCAN, "c000001", early)
    await stores.plans.note_work(SCAN, "c000001", late)
    await stores.plans.note_work(SCAN, "c000002", early)
    await stores.plans.note_work(SCAN, "c000077", late + timedelta(days=1))
    assert (await stores.plans.digest(SCAN)).worked_at == late
    await stores.plans.insert_marker(marker(1))
    assert (await stores.plans.digest(SCAN)).worked_at == early
    assert (await stores.plans.digest(OTHER)).worked_at is None
    assert [one.shard_id for one in await stores.plans.markers(SCAN)] == ["c000001"]
    assert await stores.plans.shards(SCAN) == [shard(1), shard(2)]
