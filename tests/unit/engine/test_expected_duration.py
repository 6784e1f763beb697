"""The estimate given with a scan's start: the mean of past scans of its scope, 122 s without any (C-29)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.adapters.memory.scans import MemoryScanStore
from shared.domain.ids import IdKind, make_id
from shared.domain.scan import Scan, ScanRequest, ScanStatus, ScanType
from shared.services.expected_duration import AVERAGED, FIRST_ESTIMATE, expected_duration

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


async def past(store: MemoryScanStore, seconds: int, number: int = 0, **members: Any) -> None:
    """A scan that ended; the higher its number, the later it was."""
    began = NOON + timedelta(minutes=number)
    asked = {name: members.pop(name) for name in list(members) if name in ScanRequest.model_fields}
    base: dict[str, Any] = {
        "scan_id": make_id(IdKind.SCAN, began),
        "request": ScanRequest(**asked),
        "status": ScanStatus.COMPLETED,
        "created_at": began,
        "estimated_completion": began,
        "completed_at": began + timedelta(seconds=seconds),
        "requested_by": "x",
    }
    await store.insert(Scan(**{**base, **members}))


async def estimate(store: MemoryScanStore, **asked: Any) -> float:
    return (await expected_duration(store, ScanRequest(**asked))).total_seconds()


async def test_without_history_it_is_the_seeds_own() -> None:
    assert await estimate(MemoryScanStore()) == FIRST_ESTIMATE.total_seconds() == 122


async def test_the_mean_of_those_of_the_same_scope() -> None:
    store = MemoryScanStore()
    await past(store, 10, 1, subscriptions=("s1",))
    await past(store, 21, 2, subscriptions=("S1",), status=ScanStatus.PARTIAL)
    await past(store, 900, 3, subscriptions=("s1", "s2"))
    await past(store, 2, 4, subscriptions=("s1",), resource_group="rg")
    await past(store, 1, 5, subscriptions=("s1",), custom_rules=("a.b",))
    assert await estimate(store, subscriptions=("s1",)) == 16
    assert await estimate(store, subscriptions=("s2", "S1")) == 900
    assert await estimate(store, subscriptions=("s1",), resource_group="RG") == 2
    assert await estimate(store, subscriptions=("s1",), custom_rules=("a.b",)) == 1
    assert await estimate(store, subscriptions=("s1",), target_resources=("/x",)) == 122
    assert await estimate(store, subscriptions=("s1",), scan_type=ScanType.NETWORK) == 122


@pytest.mark.parametrize(
    "members", [{"status": ScanStatus.CANCELLED}, {"status": ScanStatus.FAILED}, {"run": 2}]
)
async def test_scans_that_did_not_go_through_at_once_say_nothing(members: dict[str, Any]) -> None:
    store = MemoryScanStore()
    await past(store, 5, **members)
    assert await estimate(store) == 122


async def test_only_the_latest_count_and_it_is_never_now() -> None:
    store = MemoryScanStore()
    await past(store, 5000)
    for number in range(AVERAGED):
        await past(store, 0, number + 1)
    assert await estimate(store) == 1
