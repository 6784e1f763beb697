"""Clocks, tokens and the probe of a storage account that answers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.clock import SecretsTokenSource, SystemClock
from shared.adapters.memory.clock import MemoryClock, MemoryTokenSource
from shared.adapters.memory.probes import MemoryHealthProbe
from shared.adapters.probes import StorageProbe
from shared.adapters.storage_clients import table_service


def test_system_clock_is_utc_and_now() -> None:
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(0)
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


def test_memory_clock_moves_only_when_told() -> None:
    clock = MemoryClock()
    start = clock.now()
    assert clock.now() == start
    assert clock.advance(1.5) == clock.now() == start + timedelta(seconds=1.5)
    clock.set(start)
    assert clock.now() == start


@pytest.mark.parametrize("source", [SecretsTokenSource(), MemoryTokenSource(1)])
def test_tokens_have_the_form_of_the_port(source: SecretsTokenSource | MemoryTokenSource) -> None:
    tokens = {source.token(12) for _ in range(200)}
    assert len(tokens) == 200
    assert all(re.fullmatch("[a-z2-7]{12}", token) for token in tokens)


def test_seeded_tokens_repeat() -> None:
    one, two, other = MemoryTokenSource(7), MemoryTokenSource(7), MemoryTokenSource(8)
    drawn = [one.token(8) for _ in range(3)]
    assert drawn == [two.token(8) for _ in range(3)]
    assert drawn != [other.token(8) for _ in range(3)]


@pytest.mark.local_stack
async def test_storage_that_answers_is_healthy(storage_connection_string: str) -> None:
    async with table_service(connection_string=storage_connection_string) as service:
        probe = StorageProbe(service)
        assert (probe.name, await probe.check()) == ("storage", None)


async def test_memory_probe_says_what_it_was_told() -> None:
    probe = MemoryHealthProbe("broker")
    assert await probe.check() is None
    probe.problem = "away"
    assert (probe.name, await probe.check()) == ("broker", "away")
