"""SIGKILL at a random moment, a new start on the same state: the same findings, none double, none lost."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devhost.demo.client import ApiClient, ApiError
from shared.scanners.collectors import registered
from tests.e2e.control_truth import ControlTruth, Told
from tests.e2e.stack import Stack, scan, until
from tests.e2e.truth import Truth, check_scan_against, found

pytestmark = pytest.mark.local_stack

TODAY = datetime.now(UTC).date().isoformat()
COLLECTED = frozenset(kind for one in registered() for kind in one.types)


STOP_SECONDS = 15
"""A stop lets nothing finish that takes long; 4 s is usual on a busy machine."""


def stopped(stack: Stack) -> None:
    """SIGTERM, and the time it takes."""
    began = time.monotonic()
    assert stack.stop() == 0
    assert time.monotonic() - began < STOP_SECONDS


def killed_once(
    estate: Path, truth: Path, state: Path, delay: float, end: Callable[[Stack], None] = Stack.kill
) -> None:
    """Start, scan, end after `delay` seconds, start again; the scan must end as if nothing had happened."""
    stack = Stack(estate, state=state)
    client = stack.start()
    try:
        _, _, started = client.call("POST", "/api/v1/security/scans", {"scan_type": "network"})
        time.sleep(delay)  # the moment of death is the random input of this test
    finally:
        end(stack)
    with stack:
        client = stack.start()
        over = client.wait(started["scan_id"], 300, lambda _: None)
        assert over["status"] == "completed", client.get(f"/api/v1/security/scans/{started['scan_id']}")[
            "errors"
        ]
        expected = Truth.load(truth)
        check_scan_against(expected, client, started["scan_id"])
        assert client.get(f"/v1/scans/{started['scan_id']}/coverage")["complete"] is True
        records = client.rows("/v1/findings", "findings")
        assert found(records) == expected.findings
        assert stack.stop() == 0


@pytest.mark.parametrize("number", range(5))
def test_five_kills_over_500_resources(
    number: int, tmp_path: Path, estate: Callable[[int, int], tuple[Path, Path]]
) -> None:
    resources, truth = estate(500, 11)
    killed_once(resources, truth, tmp_path / "state", random.Random(number).uniform(0.0, 2.5))


@pytest.mark.parametrize("delay", [0.5, 2.5])
def test_a_stop_in_the_middle_of_a_scan_is_quick_and_loses_nothing(
    delay: float, tmp_path: Path, estate: Callable[[int, int], tuple[Path, Path]]
) -> None:
    resources, truth = estate(500, 11)
    killed_once(resources, truth, tmp_path / "state", delay, stopped)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(20))
def test_twenty_kills_over_10000_resources(
    number: int, tmp_path: Path, estate: Callable[[int, int], tuple[Path, Path]]
) -> None:
    resources, truth = estate(10_000, 12)
    killed_once(resources, truth, tmp_path / "state", random.Random(100 + number).uniform(0.0, 7.0))


def killed_amid_details(estate: Path, truth: Path, state: Path, dice: random.Random) -> None:
    """Start a full scan, kill the stack once some of the details are read, start again on the same state."""
    stack = Stack(estate, state=state)
    client = stack.start()
    try:
        _, _, started = client.call("POST", "/api/v1/security/scans", {"scan_type": "full"})
        until(lambda: details_begun(client, started["scan_id"]))
        time.sleep(dice.uniform(0.0, 2.0))  # the moment of death is the random input of this test
    finally:
        stack.kill()
    with stack:
        client = stack.start()
        end = client.wait(started["scan_id"], 300, lambda _: None)
        assert end["status"] == "partial"
        detail = client.get(f"/api/v1/security/scans/{started['scan_id']}")
        assert {error["reason"] for error in detail["errors"]} == {"not_available"}
        check_scan_against(Truth.load(truth), client, started["scan_id"])
        rows = client.rows(f"/v1/scans/{started['scan_id']}/results", "findings")
        ControlTruth.load(truth, TODAY).check(map(Told.of_row, rows))
        records = client.rows("/v1/findings", "findings")
        assert {row["id"] for row in records} == {row["id"] for row in rows}
        assert len(records) == len(rows)


def details_begun(client: ApiClient, scan_id: str) -> bool:
    """Whether a list below some resource was read."""
    ledger = client.get(f"/v1/scans/{scan_id}/coverage")
    return any(row["read"] and row["type"] in COLLECTED for row in ledger["resource_types"])


@pytest.mark.parametrize("number", range(3))
def test_three_kills_amid_the_details_of_600_resources(
    number: int, tmp_path: Path, full_estate: Callable[[int, int, str], tuple[Path, Path]]
) -> None:
    resources, truth = full_estate(600, 13, TODAY)
    killed_amid_details(resources, truth, tmp_path / "state", random.Random(number))


@pytest.mark.slow
@pytest.mark.parametrize("number", range(10))
def test_ten_kills_amid_the_details_of_5000_resources(
    number: int, tmp_path: Path, full_estate: Callable[[int, int, str], tuple[Path, Path]]
) -> None:
    resources, truth = full_estate(5_000, 14, TODAY)
    killed_amid_details(resources, truth, tmp_path / "state", random.Random(200 + number))


def test_a_state_survives_an_orderly_stop(
    tmp_path: Path, estate: Callable[[int, int], tuple[Path, Path]]
) -> None:
    resources, _ = estate(500, 11)
    stack = Stack(resources, state=tmp_path / "state")
    end = scan(stack.start())
    assert stack.stop() == 0
    with stack:
        client = stack.start()
        assert client.get(f"/v1/scans/{end['scan_id']}") == end
        with pytest.raises(ApiError, match="409"):
            client.call("POST", f"/v1/scans/{end['scan_id']}/cancel")
