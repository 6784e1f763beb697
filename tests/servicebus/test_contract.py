"""Runs the contract cases, each with both clients and many at a time: most of a case is waiting."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servicebus import cases_entities, namespace
from tests.servicebus.cases import CASES
from tests.servicebus.processes import server_process
from tests.servicebus.sdk import Sdk

_AT_A_TIME = 10
_CASE_TIMEOUT = 90

assert cases_entities  # its cases enter CASES when it is imported

Outcome = BaseException | None


@contextlib.contextmanager
def _namespace(directory: Path) -> Iterator[tuple[str, float]]:
    real = namespace.real_connection_string()
    if real:
        yield real, namespace.REAL_SHORT_LOCK
        return
    database = directory / "bus.sqlite3"
    with server_process(directory, namespace.configuration(), database) as server:
        yield server.connection_string, namespace.SHORT_LOCK


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], Outcome]:
    """What each selected case ended with: None, or the exception."""
    wanted = [
        (item.callspec.params["name"], item.callspec.params["kind"])
        for item in request.session.items
        if item.path == Path(__file__) and hasattr(item, "callspec")
    ]

    async def run_all(connection_string: str, short_lock: float) -> list[Outcome]:
        gate = asyncio.Semaphore(_AT_A_TIME)

        async def run(name: str, kind: str) -> None:
            async with gate, asyncio.timeout(_CASE_TIMEOUT):
                sdk = Sdk(kind, connection_string, namespace.queue_prefix(), short_lock)
                try:
                    await CASES[name](sdk)
                finally:
                    await sdk.close()

        return await asyncio.gather(*(run(*each) for each in wanted), return_exceptions=True)

    with _namespace(tmp_path_factory.mktemp("servicebus")) as (connection_string, short_lock):
        ended = asyncio.run(run_all(connection_string, short_lock))
    return dict(zip(wanted, ended, strict=True))


@pytest.mark.parametrize("kind", namespace.KINDS)
@pytest.mark.parametrize("name", CASES)
def test_contract(name: str, kind: str, outcomes: dict[tuple[str, str], Outcome]) -> None:
    outcome = outcomes[name, kind]
    if outcome is not None:
        raise outcome
