"""Schemathesis against the running local stack: no 5xx, no undocumented status, no breach of a schema."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.stack import ROOT, Stack

schemathesis = pytest.importorskip(
    "schemathesis", reason="a development requirement; see requirements-dev.txt"
)
pytestmark = pytest.mark.local_stack

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
STARTS_SCANS = ("security_scans_sync", "security_scans_create", "v1_scans_create")
"""Each accepted call is a scan of the whole estate: they have a run of their own, with fewer examples."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack on the first resource of the sample estate, with findings to work on."""
    estate = tmp_path_factory.mktemp("fuzz") / "estate.jsonl"
    with (ROOT / "samples" / "estate.jsonl").open() as lines:
        estate.write_text(next(lines))
    stack = Stack(estate)
    client = stack.start()
    try:
        resource = json.loads(estate.read_text())["id"]
        _, _, started = client.call("POST", "/v1/scans", {"subscription_id": resource.split("/")[2]})
        client.wait(started["scan_id"], 120, lambda _: None)
        yield stack
    finally:
        stack.stop()


def fuzz(stack: Stack, *options: str) -> int:
    """Run it; the number of requests it made.

    In one thread: CPython 3.11 cannot parse source in several at once ("AST constructor recursion depth
    mismatch"), and hypothesis does so to name its strategies.
    """
    ready = stack.ready
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{ready['base_url']}/openapi.json"),
        *("--url", ready["base_url"], "--header", f"Authorization: Bearer {ready['api_key']}"),
        *("--checks", ",".join(CHECKS), "--suppress-health-check", "all", "--warnings", "off"),
        *("--no-shrink", *options),
    ]
    done = subprocess.run(command, cwd=Path(stack.estate).parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    generated = re.search(r"(\d+) generated", done.stdout)
    assert generated is not None, done.stdout[-2000:]
    return int(generated[1])


def excluding(names: tuple[str, ...]) -> list[str]:
    return [part for name in names for part in ("--exclude-operation-id", name)]


def including(names: tuple[str, ...]) -> list[str]:
    return [part for name in names for part in ("--include-operation-id", name)]


def test_a_short_profile(stack: Stack) -> None:
    phases = ("--phases", "coverage,fuzzing,stateful", "--max-examples", "15", "--seed", "1")
    assert fuzz(stack, *phases, "--max-time", "30", *excluding(STARTS_SCANS)) > 100


@pytest.mark.slow
def test_twenty_thousand_requests(stack: Stack) -> None:
    made = fuzz(stack, "--phases", "coverage,fuzzing", "--max-examples", "15", *including(STARTS_SCANS))
    rounds = 0
    while made < 20_000:
        phases = ("--phases", "coverage,fuzzing,stateful", "--max-examples", "300")
        options = [(*phases, "--seed", str(2 * rounds + side), *excluding(STARTS_SCANS)) for side in (0, 1)]
        with ThreadPoolExecutor(2) as pool:
            made += sum(pool.map(lambda one: fuzz(stack, *one), options))
        rounds += 1
    assert made >= 20_000
