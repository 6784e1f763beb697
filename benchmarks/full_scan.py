"""A full scan of a furnished estate on the local stack, against its floor measured in the same run.

Floor = the same Resource Graph pages and the same reads below resources by bare aiohttp + orjson, as many at
once as one shard has, plus the same entities in bare transactions of azure-data-tables. Both are under the
stand-in's quota, which is Azure's (250 reads at once, 25 a second, in each subscription): into how many
subscriptions the estate is laid decides whether it holds anybody up, and `quota_seconds` says what it alone
costs, here and elsewhere. Between scans it refills and events are published. Memory is the host process's
peak. Aims: scan <= 1.5 x floor; peak <= 300 MB.

    python -m benchmarks.full_scan [resources] [subscriptions]
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson
import psutil

from benchmarks.bare_reads import BareReads
from benchmarks.network_scan import ROOT, entities, peak_mb, settle, token, write_apart
from devhost.child import Child
from devhost.demo.client import ApiClient, ApiError
from shared.adapters.azure.queries import query_text
from shared.adapters.azure.quota import ARM_READS_BURST, ARM_READS_PER_SECOND
from shared.domain.reading import Listing, Source, scope_resource_id
from shared.domain.scan import ScanRequest, ScanType
from shared.ports.inventory import InventoryQuery
from shared.scanners.base import Focus, Scanner
from shared.scanners.collectors import registered
from shared.scanners.details import DetailOrder
from shared.scanners.registry import BuiltScanners

SCANS: Final = 2
REFILL_SECONDS: Final = 12.0
"""250 reads at 25 a second, and a little."""
RESOURCES_A_SUBSCRIPTION: Final = 500
SETTLE_SECONDS: Final = 1800.0
STORAGE_HEAP: Final = {"NODE_OPTIONS": "--max-old-space-size=8192"}
"""Azurite keeps all rows in memory; three scans of 10,000 are more than Node's default heap."""
DETAILS_AT_ONCE: Final = 16
_AUDIENCES: Final = {
    "arm": "https://management.azure.com",
    "graph": "https://graph.microsoft.com",
    "vault": "https://vault.azure.net",
}


def run(resources: int = 10_000, subscriptions: int | None = None) -> dict[str, Any]:
    """Figures of the scan, of its floor, and their ratio.

    Args:
        subscriptions: into which the estate is laid; None: one for each `RESOURCES_A_SUBSCRIPTION`.
    """
    if subscriptions is None:
        subscriptions = max(2, resources // RESOURCES_A_SUBSCRIPTION)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return _measure(resources, subscriptions, Path(folder))


def _measure(resources: int, subscriptions: int, folder: Path) -> dict[str, Any]:
    estate, state = folder / "estate.jsonl", folder / "state"
    command = [
        sys.executable,
        "-m",
        "samples.generate",
        "--resources",
        str(resources),
        "--full",
        "--seed",
        "1",
    ]
    command += ["--subscriptions", str(subscriptions)]
    command += ["--now", datetime.now(UTC).date().isoformat(), "--out", str(estate)]
    subprocess.run(command, cwd=ROOT, check=True)
    arguments = ["--estate", str(estate), "--state", str(state), "--forgetful"]
    stack = Child("devhost", arguments, pid_file=None, environment=STORAGE_HEAP)
    try:
        ready = stack.wait_ready(120)
        settings = json.loads((state / "settings.json").read_text())
        client = ApiClient(ready["base_url"], ready["api_key"])
        first = _scan(client)
        process = psutil.Process(ready["pid"])
        timed, cpu = [], []
        for _ in range(SCANS):
            asyncio.run(settle(settings, SETTLE_SECONDS))
            time.sleep(REFILL_SECONDS)
            before = process.cpu_times()
            timed.append(_scan(client))
            after = process.cpu_times()
            cpu.append(after.user + after.system - before.user - before.system)
        peak = peak_mb(ready["pid"])
        asyncio.run(settle(settings, SETTLE_SECONDS))
        time.sleep(REFILL_SECONDS)
        floor = asyncio.run(_floor(settings, timed[-1]["scan_id"]))
    finally:
        stack.stop()
    seconds = min(scan["seconds"] for scan in timed)
    whole = floor["fetch_seconds"] + floor["detail_seconds"] + floor["write_seconds"]
    return {
        "resources_in_estate": resources,
        "subscriptions": subscriptions,
        "resources_read": timed[-1]["resources_scanned"],
        "findings": sum(timed[-1]["findings_count"].values()),
        "first_scan_seconds": first["seconds"],
        "scan_seconds_min": seconds,
        "scan_seconds_all": [scan["seconds"] for scan in timed],
        "host_cpu_seconds_per_scan": round(min(cpu), 2),
        "peak_memory_mb": peak,
        "floor": floor,
        "first_scan_to_floor": round(first["seconds"] / (whole + floor["record_seconds"]), 2),
        "scan_to_floor": round(seconds / whole, 2),
    }


def _scan(client: ApiClient) -> dict[str, Any]:
    began = time.perf_counter()
    _, _, started = client.call("POST", "/api/v1/security/scans", {"scan_type": "full"})
    while True:
        try:
            scan: dict[str, Any] = client.get(f"/v1/scans/{started['scan_id']}")
        except ApiError as error:
            if not str(error).startswith("503"):
                raise
        else:
            if scan["status"] != "running":
                break
        time.sleep(0.1)
    if scan["status"] not in ("completed", "partial"):
        raise RuntimeError(f"scan ended {scan['status']}")
    return {**scan, "seconds": round(time.perf_counter() - began, 2)}


async def _floor(settings: Mapping[str, str], scan_id: str) -> dict[str, Any]:
    given = dict(settings)
    scanner = BuiltScanners(opted_in=True).of(ScanRequest(scan_type=ScanType.FULL))
    assert scanner is not None
    async with aiohttp.ClientSession() as session:
        tokens = {name: await token(session, given, audience) for name, audience in _AUDIENCES.items()}
        reads = BareReads(session, given["SECURITY_COPILOT_ARM_URL"], tokens)
        began = time.perf_counter()
        pages = await _pages(session, given["SECURITY_COPILOT_ARM_URL"], tokens["arm"], scanner)
        fetched = time.perf_counter()
        orders = [order for page in pages for order in scanner.details(page, Focus())]
        ordered = time.perf_counter()
        await _details(orders, reads)
        detailed = time.perf_counter()
    rows = await entities(given, scan_id)
    written, recorded, transactions = await write_apart(given, rows)
    return {
        "fetch_seconds": round(fetched - began, 2),
        "rows": sum(map(len, pages)),
        "detail_seconds": round(detailed - ordered, 2),
        "detail_requests": reads.requests,
        "quota_seconds": quota_seconds(reads.arm_reads),
        "write_seconds": round(written, 2),
        "record_seconds": round(recorded, 2),
        "entities": sum(map(len, rows.values())),
        "transactions": transactions,
    }


def quota_seconds(reads: Mapping[str, int], spread: Sequence[int] = (1, 10, 20)) -> dict[str, float]:
    """Seconds that Azure's quota alone makes these reads take, at the least.

    Args:
        reads: of Resource Manager, by subscription.
        spread: numbers of subscriptions for which it is told too, the same reads spread evenly.
    """

    def least(count: float) -> float:
        return round(max(0.0, count - ARM_READS_BURST) / ARM_READS_PER_SECOND, 1)

    total = sum(reads.values())
    even = {f"in_{one}_subscriptions": least(total / one) for one in spread}
    return {"here": least(max(reads.values(), default=0)), **even}


async def _pages(
    session: aiohttp.ClientSession, base: str, bearer: str, scanner: Scanner
) -> list[list[dict[str, Any]]]:
    """Every page of every listing; of a scope's own listing its rows."""
    headers = {"Authorization": f"Bearer {bearer}"}
    async with session.get(f"{base}/subscriptions?api-version=2022-12-01", headers=headers) as answer:
        found = orjson.loads(await answer.read())["value"]
    subscriptions = [one["subscriptionId"] for one in found]
    directories = sorted({f"tenant-{one['tenantId']}" for one in found})
    pages = []
    for listing in scanner.listings:
        if listing.source is Source.SCOPE:
            scopes = directories if listing.directory else subscriptions
            pages.append(
                [{"id": scope_resource_id(one), "type": listing.types[0], "properties": {}} for one in scopes]
            )
        else:
            pages += await _listed(session, base, headers, listing, subscriptions)
    return pages


async def _listed(
    session: aiohttp.ClientSession,
    base: str,
    headers: dict[str, str],
    listing: Listing,
    subscriptions: list[str],
) -> list[list[dict[str, Any]]]:
    options: dict[str, Any] = {"$top": 1000, "resultFormat": "objectArray"}
    body = {
        "query": query_text(InventoryQuery(listing.source.value), listing.types),
        "subscriptions": subscriptions,
        "options": options,
    }
    url = f"{base}/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01"
    pages = []
    while True:
        async with session.post(url, json=body, headers=headers) as answer:
            if answer.status == 429:
                await asyncio.sleep(float(answer.headers["Retry-After"]))
                continue
            page = orjson.loads(await answer.read())
        pages.append(page["data"])
        if "$skipToken" not in page:
            return pages
        options["$skipToken"] = page["$skipToken"]


async def _details(orders: list[DetailOrder], reads: BareReads) -> None:
    collectors, gate = {one.name: one for one in registered()}, asyncio.Semaphore(DETAILS_AT_ONCE)

    async def one(order: DetailOrder) -> None:
        async with gate:
            await collectors[order.collector].read(order.parent, frozenset(order.types), reads)

    await asyncio.gather(*(one(order) for order in orders))


if __name__ == "__main__":
    print(json.dumps(run(*map(int, sys.argv[1:3])), indent=2))
