"""Two host processes on one storage: together they let exactly the limit through."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field

import aiohttp
import pytest

from shared.domain.principal import Tier
from shared.domain.quota import HOUR_SECONDS, largest_block
from tests.e2e.two_hosts import ADMIN

pytestmark = pytest.mark.local_stack

CLIENTS = 50
ROOM_SECONDS = 90
"""A run that would cross the hour waits for the next one."""


@dataclass
class Run:
    statuses: Counter[int] = field(default_factory=Counter)
    through: Counter[str] = field(default_factory=Counter)
    """Calls answered by the reset of their window."""
    latencies: list[float] = field(default_factory=list)
    when_429_began: int | None = None


async def new_key(session: aiohttp.ClientSession, host: str, tier: Tier) -> str:
    body = json.dumps({"name": "storm", "role": "viewer", "tier": tier.value})
    headers = {"Authorization": f"Bearer {ADMIN}", "Content-Type": "application/json"}
    async with session.post(f"{host}/v1/api-keys", data=body, headers=headers) as answer:
        assert answer.status == 201
        return str((await answer.json())["key"])


async def storm(hosts: list[str], tier: Tier) -> Run:
    """Clients call both processes until each has heard 429."""
    run = Run()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CLIENTS)) as session:
        headers = {"Authorization": f"Bearer {await new_key(session, hosts[0], tier)}"}

        async def client(number: int) -> None:
            while True:
                began = time.perf_counter()
                async with session.get(f"{hosts[number % 2]}/v1/rules?limit=1", headers=headers) as answer:
                    await answer.read()
                run.latencies.append(time.perf_counter() - began)
                run.statuses[answer.status] += 1
                if answer.status == 429:
                    if run.when_429_began is None:
                        run.when_429_began = run.through.total()
                    return
                assert answer.status == 200
                run.through[answer.headers["X-RateLimit-Reset"]] += 1

        await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    return run


@pytest.mark.parametrize("tier", [Tier.STANDARD, pytest.param(Tier.PROFESSIONAL, marks=pytest.mark.slow)])
async def test_never_one_call_over_the_limit(hosts: list[str], tier: Tier) -> None:
    left = HOUR_SECONDS - time.time() % HOUR_SECONDS
    if left < ROOM_SECONDS:
        await asyncio.sleep(left + 1)
    limit = tier.hourly_limit
    run = await storm(hosts, tier)
    ordered = sorted(run.latencies)
    p50, p99 = (ordered[len(ordered) * share // 100] * 1000 for share in (50, 99))
    print(
        f"\n{tier.value}: {run.statuses} in one window, 429 began after {run.when_429_began}, "
        f"p50 {p50:.0f} ms, p99 {p99:.0f} ms"
    )
    assert list(run.through.values()) == [limit]
    assert run.statuses == {200: limit, 429: CLIENTS}
    # What was in flight when the first 429 went out had been counted already.
    assert run.when_429_began is not None
    assert limit - run.when_429_began <= largest_block(limit) + CLIENTS
