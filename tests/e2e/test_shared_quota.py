"""Two host processes on one storage: together they let exactly the limit through."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import aiohttp
import pytest

from devhost.child import Child
from shared.domain.principal import Tier
from shared.domain.quota import HOUR_SECONDS, largest_block

pytestmark = pytest.mark.local_stack

ADMIN = "Q7mX2vB9kL4nT8sR1wY5zC3f"
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


@pytest.fixture
def hosts(storage_connection_string: str) -> Iterator[list[str]]:
    environment = {
        "AzureWebJobsStorage": storage_connection_string,
        "ServiceBus": "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=k;SharedAccessKey=djE=",
        "SECURITY_COPILOT_ADMIN_KEY": ADMIN,
        "SECURITY_COPILOT_API_KEY_PEPPER": "Wn6cT2fX8hV4jD1sG9kP5qM7bR3yL0zE",
        "SECURITY_COPILOT_CURSOR_SECRET": "Zp2mQ8vL5xK1tR7yB4nW9cJ3hF6dS0gA",
        "SECURITY_COPILOT_PUBLIC_URL": "http://127.0.0.1:7071",
    }
    children = [Child("devhost.http_host", [], pid_file=None, environment=environment) for _ in range(2)]
    try:
        yield [f"http://127.0.0.1:{child.wait_ready()['port']}" for child in children]
    finally:
        for child in children:
            child.stop()


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
