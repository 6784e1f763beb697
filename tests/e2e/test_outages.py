"""Storage or the broker away: 503 with Retry-After, no half-written scan; work goes on when they return."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from devhost.demo.client import ApiClient
from tests.e2e.stack import ROOT, Stack, scan, until

pytestmark = pytest.mark.local_stack


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(ROOT / "samples" / "estate.jsonl", state=tmp_path / "state") as running:
        yield running


def pids(stack: Stack, name: str) -> list[int]:
    """The stand-in and what it runs."""
    assert stack.state is not None
    folder = stack.state / "azurite" if name == "azurite" else stack.state
    first = psutil.Process(json.loads((folder / f"{name}.pid").read_text())["pid"])
    return [first.pid, *(child.pid for child in first.children(recursive=True))]


@contextmanager
def frozen(stack: Stack, name: str) -> Iterator[None]:
    """The stand-in takes connections and says nothing."""
    stopped = pids(stack, name)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


def post(client: ApiClient) -> tuple[int, dict[str, str], Any]:
    address = urlsplit(client.base_url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=60)
    headers = {"Authorization": f"Bearer {client.api_key}", "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/security/scans", b'{"scan_type": "network"}', headers)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


@pytest.mark.parametrize("name", ["servicebus", "azurite"])
def test_a_dependency_that_does_not_answer_is_a_503_and_leaves_nothing(stack: Stack, name: str) -> None:
    client = stack.start()
    assert scan(client)["status"] == "completed"
    with frozen(stack, name):
        began = time.monotonic()
        status, headers, body = post(client)
        assert status == 503, body
        assert body["error"]["code"] == "SERVICE_UNAVAILABLE" and body["error"]["details"] == {}
        assert int(headers["retry-after"]) >= 1
        assert time.monotonic() - began < 30
        ready = HTTPConnection(urlsplit(client.base_url).netloc, timeout=30)
        ready.request("GET", "/health/ready")
        assert ready.getresponse().status == 503
        ready.close()
    assert until(lambda: scan(client)["status"] == "completed", 60)
    scans = client.rows("/v1/scans", "scans")
    assert {one["status"] for one in scans} == {"completed"}, "a scan was left half-written"


def test_work_that_was_queued_goes_on_when_the_broker_returns(
    tmp_path: Path, estate: Callable[[int, int], tuple[Path, Path]]
) -> None:
    resources, _ = estate(500, 11)
    with Stack(resources, state=tmp_path / "state") as running:
        client = running.start()
        undisturbed = scan(client)
        status, _, started = post(client)
        assert status == 202
        os.kill(pids(running, "servicebus")[0], signal.SIGKILL)
        end = client.wait(started["scan_id"], 120, lambda _: None)
        assert end["status"] == "completed"
        assert end["findings_count"] == undisturbed["findings_count"]
        assert end["resources_scanned"] == undisturbed["resources_scanned"]
