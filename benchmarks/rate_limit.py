"""Requests per second through the whole pipeline, with and without counting them against the quota.

In process, without a web server, so that the share of the limiter is not hidden: authentication by a
configured key, quota on Azurite, a handler that reads no storage. Rounds alternate; the best of each kind is
compared.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import azure.functions as func

from devhost import azurite
from functions.http.exchange import Route
from functions.http.pipeline import answer
from functions.http.routes import ROUTES
from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.identity import MemoryQuotaStore
from shared.container import open_container
from shared.domain.principal import Principal, Role, Tier
from shared.services.application import Application
from shared.services.rate_limits import RateLimits
from shared.settings import Settings

REQUESTS = 4_000
CONCURRENCY = 32
ROUNDS = 4
KEY = "Q7mX2vB9kL4nT8sR1wY5zC3f"


def run() -> dict[str, Any]:
    """Requests per second of both kinds, their ratio, and what counting costs storage."""
    return asyncio.run(_run())


async def _run() -> dict[str, Any]:
    storage = azurite.start(None)
    try:
        container = await open_container(Settings.from_environment(_settings(storage.connection_string)))
        try:
            counted = next(route for route in ROUTES if route.name == "v1_rules_list")
            free = replace(counted, counted=False)
            speeds: dict[bool, list[float]] = {True: [], False: []}
            await _speed(counted, container.application)
            for _ in range(ROUNDS):
                for route in (counted, free):
                    speeds[route.counted].append(await _speed(route, container.application))
        finally:
            await container.aclose()
    finally:
        storage.stop()
    with_it, without = max(speeds[True]), max(speeds[False])
    return {
        "requests_per_second_with": round(with_it),
        "requests_per_second_without": round(without),
        "ratio": round(with_it / without, 3),
        "storage_writes_per_1000_calls": {tier.value: await _writes(tier) for tier in Tier},
    }


def _settings(storage: str) -> dict[str, str]:
    keys = [{"id": "bench", "name": "bench", "role": "viewer", "tier": "enterprise", "key": KEY}]
    return {
        "AzureWebJobsStorage": storage,
        "ServiceBus": "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=k;SharedAccessKey=djE=",
        "SECURITY_COPILOT_API_KEYS": json.dumps(keys),
        "SECURITY_COPILOT_API_KEY_PEPPER": "Wn6cT2fX8hV4jD1sG9kP5qM7bR3yL0zE",
        "SECURITY_COPILOT_CURSOR_SECRET": "Zp2mQ8vL5xK1tR7yB4nW9cJ3hF6dS0gA",
        "SECURITY_COPILOT_PUBLIC_URL": "http://127.0.0.1:7071",
    }


async def _speed(route: Route[Any, Any], application: Application) -> float:
    async def source() -> Application:
        return application

    async def client(calls: int) -> None:
        for _ in range(calls):
            request = func.HttpRequest(
                "GET",
                f"http://127.0.0.1/{route.path}?limit=1",
                headers={"Authorization": f"Bearer {KEY}"},
                params={"limit": "1"},
                route_params={},
                body=b"",
            )
            response = await answer(route, request, source)
            if response.status_code != 200:
                raise RuntimeError(f"answered {response.status_code}")

    began = time.perf_counter()
    await asyncio.gather(*(client(REQUESTS // CONCURRENCY) for _ in range(CONCURRENCY)))
    return REQUESTS / (time.perf_counter() - began)


async def _writes(tier: Tier) -> float:
    """Of one busy process that uses up a whole budget."""
    store = MemoryQuotaStore()
    limits = RateLimits(store, MemoryClock(datetime(2025, 8, 5, 17, tzinfo=UTC)))
    principal = Principal("bench", "bench", Role.VIEWER, tier)
    while (await limits.count(principal)).allowed:
        pass
    return round(1000 * store.writes / tier.hourly_limit, 1)
