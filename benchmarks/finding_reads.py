"""`GET /v1/findings/{id}` of the real host against a bare ASGI app that does the same table read.

Each is one uvicorn process on one core; Azurite and the client share the other core. Rounds alternate, with
the same client, the same concurrency and the same findings in a random order, so that what else runs on the
machine hits all. `bare` reads with Microsoft's client, `bare_own_read` with the product's own way of reading
a row. `ratio` is that of the medians over the rounds; `cpu_ratio` compares the CPU time that a server spends
on a call, which waiting does not touch. `cold` are first reads of findings that the process never looked up:
two table reads, where later ones take one.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import aiohttp
import psutil

from devhost import azurite
from devhost.child import Child
from shared.adapters.storage_clients import table_service
from shared.adapters.tables.findings import TableFindingStore
from shared.domain.finding import Finding, Observation, pack_evidence
from shared.domain.ids import IdKind, make_id
from shared.domain.severity import Severity

FINDINGS = 2_000
CALLS = 800
ROUNDS = 5
CONCURRENCY = 32
KEY = "Q7mX2vB9kL4nT8sR1wY5zC3f"
SUBSCRIPTION = "e17f4f74-0d91-4313-9716-0a2edcceefb7"
SEED = 7
WARM_UP = 50


@dataclass
class Server:
    """One of them, and what was measured of it."""

    child: Child
    paths: list[str]
    base: str = ""
    speeds: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Seconds of CPU for each call, a round."""

    def forget(self) -> None:
        """Begin anew."""
        for kept in (self.speeds, self.latencies, self.cpu):
            kept.clear()

    def figures(self) -> dict[str, float]:
        ordered = sorted(self.latencies)
        return {
            "requests_per_second": round(statistics.median(self.speeds)),
            "p50_ms": round(ordered[len(ordered) // 2] * 1000, 1),
            "p99_ms": round(ordered[len(ordered) * 99 // 100] * 1000, 1),
            "cpu_ms_per_call": round(statistics.median(self.cpu) * 1000, 3),
        }


def run() -> dict[str, Any]:
    """Requests per second of all, their ratios, latencies and the CPU time of a call."""
    with ExitStack() as stack, _pinned(1):
        storage = azurite.start(None)
        stack.callback(storage.stop)
        findings = [_finding(number) for number in range(FINDINGS)]
        asyncio.run(_store(storage.connection_string, findings))
        settings = _settings(storage.connection_string)
        own_path = [f"/v1/findings/{finding.id}" for finding in findings]
        row_path = [_row_path(finding) for finding in findings]
        wanted: dict[str, tuple[str, list[str], list[str]]] = {
            "host": ("devhost.http_host", [], own_path),
            "bare": ("benchmarks.bare_table_read", [], row_path),
            "bare_own_read": ("benchmarks.bare_table_read", ["--own-read"], row_path),
        }
        servers = {}
        with _pinned(0):
            for name, (module, arguments, paths) in wanted.items():
                child = Child(module, arguments, pid_file=None, environment=settings)
                stack.callback(child.stop)
                servers[name] = Server(child, paths)
        for server in servers.values():
            server.base = f"http://127.0.0.1:{server.child.wait_ready()['port']}"
        return asyncio.run(_measure(servers))


async def _measure(servers: dict[str, Server]) -> dict[str, Any]:
    shuffled = random.Random(SEED)
    connector = aiohttp.TCPConnector(limit=CONCURRENCY)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        for server in servers.values():
            await _round(session, server, server.paths[:WARM_UP])  # imports, connections
            server.forget()
        cold = {}
        for name, server in servers.items():
            await _round(session, server, server.paths[WARM_UP:])
            cold[name] = server.figures()
            server.forget()
        for _ in range(ROUNDS):
            order = shuffled.sample(range(FINDINGS), CALLS)
            for server in servers.values():
                await _round(session, server, [server.paths[number] for number in order])
    figures = {name: server.figures() for name, server in servers.items()}
    return {
        **figures,
        **_ratios(figures),
        "cold": {"host": cold["host"], **_ratios(cold)},
        "concurrency": CONCURRENCY,
        "calls_a_round": CALLS,
        "rounds": ROUNDS,
    }


def _ratios(figures: dict[str, dict[str, float]]) -> dict[str, float]:
    host, bare, own = (figures[name] for name in ("host", "bare", "bare_own_read"))
    return {
        "ratio": _ratio(host, bare, "requests_per_second"),
        "cpu_ratio": _ratio(bare, host, "cpu_ms_per_call"),
        "ratio_to_own_read": _ratio(host, own, "requests_per_second"),
        "cpu_ratio_to_own_read": _ratio(own, host, "cpu_ms_per_call"),
    }


def _ratio(one: dict[str, float], other: dict[str, float], name: str) -> float:
    return round(one[name] / other[name], 3)


async def _round(session: aiohttp.ClientSession, server: Server, paths: Sequence[str]) -> None:
    waiting = iter(paths)
    process = psutil.Process(server.child.pid)

    async def client() -> None:
        for path in waiting:
            began = time.perf_counter()
            async with session.get(f"{server.base}{path}") as answer:
                body = await answer.read()
            server.latencies.append(time.perf_counter() - began)
            if answer.status != 200 or len(body) < 500:
                raise RuntimeError(f"{path} answered {answer.status}: {body[:300]!r}")

    before, began = process.cpu_times(), time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CONCURRENCY)))
    server.speeds.append(len(paths) / (time.perf_counter() - began))
    after = process.cpu_times()
    server.cpu.append((after.user + after.system - before.user - before.system) / len(paths))


@contextmanager
def _pinned(core: int) -> Iterator[None]:
    """Keep this process, and what it starts meanwhile, on one core, where the system has two and can."""
    if not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) + core < 2:
        yield
        return
    allowed = os.sched_getaffinity(0)
    cores = sorted(_CORES)
    os.sched_setaffinity(0, {cores[core % len(cores)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


_CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))


async def _store(connection_string: str, findings: Sequence[Finding]) -> None:
    async with table_service(connection_string=connection_string) as service:
        store = TableFindingStore(service)
        for start in range(0, len(findings), 500):
            if await store.save([(finding, None) for finding in findings[start : start + 500]]):
                raise RuntimeError("the storage is not empty")
        await store.aclose()


def _finding(number: int) -> Finding:
    """An open SSH port, as the seed of surface B has it."""
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/honeypot/providers/Microsoft.Network"
    evaluated = f"{group}/networkSecurityGroups/nsg-{number}"
    subject = f"{evaluated}/securityRules/SSH"
    at = datetime(2025, 8, 5, 17, 43, 1, tzinfo=UTC)
    observation = Observation(
        rule_id="network.nsg.ssh_from_internet",
        resource_id=subject,
        evaluated_id=evaluated,
        subscription_id=SUBSCRIPTION,
        resource_group="honeypot",
        resource_name="SSH",
        resource_type="NSG_RULE",
        severity=Severity.CRITICAL,
        title="Unrestricted SSH access detected",
        description="SSH port 22 is open to the internet (0.0.0.0/0)",
        risk_score=95,
        cvss_score=9.8,
        auto_remediable=True,
        remediation_steps=("Restrict SSH access to management subnet", "Enable Azure Bastion"),
        packed_evidence=pack_evidence({"port": "22", "source": "0.0.0.0/0"}, subject, evaluated),
    )
    return Finding(
        id=make_id(IdKind.FINDING, at, f"{number:08d}"),
        fingerprint=observation.fingerprint,
        observation=observation,
        scan_id="scan-20250805-174258",
        detected_at=at,
        last_seen_at=at,
        read_at=at,
    )


def _row_path(finding: Finding) -> str:
    """Key of the record's row, see `shared.adapters.tables.findings`."""
    partition = f"{SUBSCRIPTION}~{int(finding.fingerprint[0], 16) // 4}"
    return f"/{quote(partition)}/f{finding.fingerprint}"


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
