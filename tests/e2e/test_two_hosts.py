"""Reads and writes of many clients on two host processes at once: nothing that was acknowledged is lost.

Each member of a shared resource has one writer, so after all of them the resource must hold every writer's
last word: a host that wrote back a stale copy would undo somebody else's. An answer that says 503 may have
been carried out or not. Readers spend a small quota meanwhile, and then go on with a large one.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiohttp
import pytest

from shared.domain.principal import Tier
from shared.domain.quota import HOUR_SECONDS, largest_block
from tests.e2e.two_hosts import OPERATOR, Caller

pytestmark = pytest.mark.local_stack

READERS, KEY_MAKERS = 20, 6
SCHEDULES, WEBHOOKS = 4, 2
STANDARD = Tier.STANDARD.hourly_limit
CLOSING_SECONDS = 60
READS = ("/v1/rules?limit=1", "/v1/schedules?limit=1", "/v1/findings?limit=1", "/v1/scans?limit=1")


@pytest.fixture
async def caller(hosts: list[str]) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as session:
        yield Caller(session, hosts)


@dataclass
class Member:
    """One member of one resource, written by one client."""

    path: str
    name: str
    value: Callable[[int], Any]
    possible: list[Any] = field(default_factory=list)
    """What it may hold: the last acknowledged value, and those sent since whose fate is unknown."""


@dataclass
class Storm:
    """What the clients did."""

    caller: Caller
    ends: float
    keys_left: set[str] = field(default_factory=set)
    """Keys that were made and not revoked."""
    keys_gone: set[str] = field(default_factory=set)
    through: int = 0
    """Calls let through on the small quota."""
    refused_first_at: int | None = None

    @property
    def on(self) -> bool:
        return time.monotonic() < self.ends

    async def read(self, number: int, small: str) -> None:
        key = small
        for turn in count(number):
            if not self.on:
                return
            answer = await self.caller.call("GET", READS[turn % len(READS)], key=key)
            if key is small and answer.status == 429:
                self.refused_first_at = (
                    self.through if self.refused_first_at is None else self.refused_first_at
                )
                key = OPERATOR
                continue
            assert answer.status == 200, answer
            self.through += key is small

    async def write(self, member: Member) -> None:
        for turn in count(1):
            if not self.on:
                return
            value = member.value(turn)
            answer = await self.caller.call("PATCH", member.path, {member.name: value})
            if answer.status == 200:
                assert answer.body[member.name] == value
                member.possible = [value]
            else:
                assert answer.status == 503, answer
                member.possible.append(value)

    async def make_keys(self) -> None:
        for turn in count():
            if not self.on:
                return
            made = await self.caller.call("POST", "/v1/api-keys", {"name": "storm", "role": "viewer"})
            assert made.status == 201, made
            key_id = made.body["id"]
            used = await self.caller.call("GET", READS[0], key=made.body["key"])
            assert used.status == 200, used
            if turn % 2:
                gone = await self.caller.call("DELETE", f"/v1/api-keys/{key_id}")
                assert gone.status == 204, gone
                self.keys_gone.add(key_id)
            else:
                self.keys_left.add(key_id)


async def members_of(caller: Caller) -> list[Member]:
    """Resources to fight over; every member's first value is what the resource was made with."""
    members = []
    for _ in range(SCHEDULES):
        made = await caller.call("POST", "/v1/schedules", {"name": "0", "interval_minutes": 60})
        assert made.status == 201, made
        path = f"/v1/schedules/{made.body['schedule_id']}"
        members += [
            Member(path, "name", lambda turn: f"name {turn}"),
            Member(path, "jitter_seconds", lambda turn: turn % 60),
            Member(path, "interval_minutes", lambda turn: 60 + turn % 600),
            Member(path, "enabled", lambda turn: bool(turn % 2)),
        ]
    for number in range(WEBHOOKS):
        url = f"https://93.184.215.14/{number}-{time.monotonic_ns()}"
        body = {"url": url, "events": ["scan.completed"], "secret": "s3cr3t-" * 5, "description": "0"}
        made = await caller.call("POST", "/v1/webhooks", body)
        assert made.status == 201, made
        path = f"/v1/webhooks/{made.body['webhook_id']}"
        members += [
            Member(path, "description", lambda turn: f"text {turn}"),
            Member(path, "signature_header", lambda turn: f"X-Turn-{turn}"),
            Member(path, "active", lambda turn: bool(turn % 2)),
            Member(path, "url", lambda turn, base=url: f"{base}/{turn}"),  # type: ignore[misc]
        ]
    return members


async def listed(caller: Caller, path: str, member: str) -> list[dict[str, Any]]:
    """All items of a list, page by page."""
    found: list[dict[str, Any]] = []
    url: str | None = f"{path}?limit=200"
    while url is not None:
        answer = await caller.call("GET", url)
        assert answer.status == 200, answer
        found += answer.body[member]
        link = answer.body.get("next_link")
        url = None if link is None else link[link.index(path) :]
    return found


@pytest.mark.parametrize("seconds", [6, pytest.param(60, marks=pytest.mark.slow)])
async def test_nothing_acknowledged_is_lost(caller: Caller, seconds: int) -> None:
    left = HOUR_SECONDS - time.time() % HOUR_SECONDS
    if left < seconds + CLOSING_SECONDS:  # one window of the small quota
        await asyncio.sleep(left + 1)
    made = await caller.call("POST", "/v1/api-keys", {"name": "small", "role": "viewer"})
    assert made.status == 201
    members = await members_of(caller)
    storm = Storm(caller, time.monotonic() + seconds)
    clients = [
        *(storm.read(number, made.body["key"]) for number in range(READERS)),
        *(storm.write(member) for member in members),
        *(storm.make_keys() for _ in range(KEY_MAKERS)),
    ]
    assert len(clients) == 50
    caller.latencies.clear()
    await asyncio.gather(*clients)
    print(
        f"\n{seconds} s, {len(clients)} clients, {len(caller.latencies)} calls, "
        f"p50 {caller.quantile(50):.0f} ms, p99 {caller.quantile(99):.0f} ms, "
        f"{storm.through} through on the small quota, 429 began after {storm.refused_first_at}: "
        f"{json.dumps(caller.statuses)}"
    )
    await check_members(caller, members)
    await check_keys(caller, storm)
    await check_audit(caller)
    assert storm.through <= STANDARD
    if storm.refused_first_at is not None:
        assert storm.through == STANDARD
        assert STANDARD - storm.refused_first_at <= largest_block(STANDARD) + READERS


async def check_members(caller: Caller, members: list[Member]) -> None:
    assert all(member.possible for member in members)
    for member in members:
        for _ in caller.hosts:
            answer = await caller.call("GET", member.path)
            assert answer.status == 200
            assert answer.body[member.name] in member.possible, member


async def check_keys(caller: Caller, storm: Storm) -> None:
    known = [one["id"] for one in await listed(caller, "/v1/api-keys", "api_keys")]
    assert len(known) == len(set(known))
    assert storm.keys_left <= set(known)
    assert not storm.keys_gone & set(known)


async def check_audit(caller: Caller) -> None:
    """Every write that was answered is in the trail once, with the status that its caller saw."""
    written = dict(caller.written)
    entries = await listed(caller, "/v1/audit", "entries")
    trail = [(one["request_id"], one["status"]) for one in entries if one["request_id"] in written]
    assert len(trail) == len(written)
    assert dict(trail) == written
