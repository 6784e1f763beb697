"""A network scan on the local stack, against its floor measured in the same run.

Floor = fetching the same Resource Graph pages with a bare aiohttp + orjson client, plus writing the same
entities with bare 100-entity transactions of azure-data-tables, one after the other. Memory is the host
process's peak; the stand-ins run apart. Aims: scan <= 1.5 x floor; peak at 100,000 <= 1.1 x that at 10,000
and <= 300 MB.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson
import psutil
from azure.data.tables.aio import TableServiceClient

from devhost.child import Child
from devhost.demo.client import ApiClient
from shared.adapters.azure.queries import query_text
from shared.domain.reading import Source
from shared.domain.scan import ScanRequest, ScanType
from shared.ports.inventory import InventoryQuery
from shared.scanners.registry import BuiltScanners

ROOT = Path(__file__).resolve().parents[1]
SCANS = 3
TRANSACTION = 100


def run(sizes: Sequence[int]) -> dict[str, Any]:
    """Figures for each size, and the ratio of the peaks."""
    figures: dict[str, Any] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            figures[str(size)] = _size(size, Path(folder))
    if len(sizes) > 1:
        small, large = (figures[str(size)]["peak_memory_mb"] for size in (sizes[0], sizes[-1]))
        figures["peak_memory_ratio"] = round(large / small, 3)
    return figures


def _size(resources: int, folder: Path) -> dict[str, Any]:
    estate = folder / "estate.jsonl"
    command = [sys.executable, "-m", "samples.generate", "--resources", str(resources)]
    subprocess.run([*command, "--seed", "1", "--out", str(estate)], cwd=ROOT, check=True)
    state = folder / "state"
    stack = Child(
        "devhost",
        ["--estate", str(estate), "--state", str(state), "--forgetful"],
        pid_file=None,
        environment={},
    )
    try:
        ready = stack.wait_ready(120)
        settings = json.loads((state / "settings.json").read_text())
        client = ApiClient(ready["base_url"], ready["api_key"])
        warm = _scan(client)
        process = psutil.Process(ready["pid"])
        before = process.cpu_times()
        timed = [_scan(client) for _ in range(SCANS)]
        after = process.cpu_times()
        peak = peak_mb(ready["pid"])
        asyncio.run(settle(settings))
        floor = asyncio.run(_floor(settings, timed[-1]["scan_id"]))
    finally:
        stack.stop()
    seconds = min(scan["seconds"] for scan in timed)
    whole = floor["fetch_seconds"] + floor["write_seconds"]
    return {
        "resources_in_estate": resources,
        "resources_read": timed[-1]["resources_scanned"],
        "findings": sum(timed[-1]["findings_count"].values()),
        "first_scan_seconds": warm["seconds"],
        "scan_seconds_min": seconds,
        "scan_seconds_all": [scan["seconds"] for scan in timed],
        "host_cpu_seconds_per_scan": round(
            (after.user + after.system - before.user - before.system) / SCANS, 2
        ),
        "peak_memory_mb": peak,
        "floor": floor,
        "first_scan_to_floor": round(warm["seconds"] / (whole + floor["record_seconds"]), 2),
        "scan_to_floor": round(seconds / whole, 2),
    }


def _scan(client: ApiClient) -> dict[str, Any]:
    began = time.perf_counter()
    _, _, started = client.call("POST", "/api/v1/security/scans", {"scan_type": "network"})
    while True:
        scan: dict[str, Any] = client.get(f"/v1/scans/{started['scan_id']}")
        if scan["status"] != "running":
            break
        time.sleep(0.1)
    if scan["status"] != "completed":
        raise RuntimeError(f"scan ended {scan['status']}")
    return {**scan, "seconds": round(time.perf_counter() - began, 2)}


def peak_mb(pid: int) -> float:
    """VmHWM of proc(5): the peak resident set."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024, 1)
    raise RuntimeError("no peak memory in /proc")


async def settle(settings: dict[str, str], seconds: float = 60.0) -> None:
    """Wait until the outbox is empty, so that what is timed does not share the machine with its publishing.

    Raises:
        RuntimeError: it is not empty after so many seconds.
    """
    async with TableServiceClient.from_connection_string(settings["AzureWebJobsStorage"]) as service:
        table = service.get_table_client("Outbox")
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if await anext(table.list_entities(results_per_page=1), None) is None:
                return
            await asyncio.sleep(0.5)
    raise RuntimeError(f"events are still being published after {seconds:.0f} s")


async def _floor(settings: dict[str, str], scan_id: str) -> dict[str, Any]:
    fetch, rows = await _fetch(settings)
    rows_by_table = await entities(settings, scan_id)
    written, recorded, transactions = await write_apart(settings, rows_by_table)
    return {
        "fetch_seconds": round(fetch, 2),
        "rows": rows,
        "write_seconds": round(written, 2),
        "record_seconds": round(recorded, 2),
        "entities": sum(len(group) for group in rows_by_table.values()),
        "transactions": transactions,
    }


async def _fetch(settings: dict[str, str]) -> tuple[float, int]:
    scanner = BuiltScanners().of(ScanRequest(scan_type=ScanType.NETWORK))
    assert scanner is not None
    types = next(one.types for one in scanner.listings if one.source is Source.RESOURCES)
    text = query_text(InventoryQuery.RESOURCES, types)
    base = settings["SECURITY_COPILOT_ARM_URL"]
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {await token(session, settings)}"}
        async with session.get(f"{base}/subscriptions?api-version=2022-12-01", headers=headers) as answer:
            listing = orjson.loads(await answer.read())
        subscriptions = [one["subscriptionId"] for one in listing["value"]]
        body: dict[str, Any] = {
            "query": text,
            "subscriptions": subscriptions,
            "options": {"$top": 1000, "resultFormat": "objectArray"},
        }
        url = f"{base}/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01"
        began, rows = time.perf_counter(), 0
        while True:
            async with session.post(url, json=body, headers=headers) as answer:
                if answer.status == 429:
                    await asyncio.sleep(float(answer.headers["Retry-After"]))
                    continue
                page = orjson.loads(await answer.read())
            rows += len(page["data"])
            if "$skipToken" not in page:
                return time.perf_counter() - began, rows
            body["options"]["$skipToken"] = page["$skipToken"]


async def token(
    session: aiohttp.ClientSession, settings: dict[str, str], audience: str = "https://management.azure.com"
) -> str:
    """A token for an audience, of the identity that the settings name."""
    url = f"{settings['IDENTITY_ENDPOINT']}?api-version=2019-08-01&resource={audience}"
    async with session.get(url, headers={"X-IDENTITY-HEADER": settings["IDENTITY_HEADER"]}) as answer:
        return str(orjson.loads(await answer.read())["access_token"])


RECORDS: Final = ("Findings", "FindingIndex")
"""Written for findings that are new or changed: a scan that finds what was there writes none of them."""


async def entities(settings: dict[str, str], scan_id: str) -> dict[str, list[dict[str, Any]]]:
    """Everything that scan wrote, by table: rows of its own partitions, and the records it touched."""
    found: dict[str, list[dict[str, Any]]] = {}
    async with TableServiceClient.from_connection_string(settings["AzureWebJobsStorage"]) as service:
        for name in ("Plans", "ScanResults", "ScanExposures", "ScanPaths", "ScanFailures", "Coverage"):
            where = f"PartitionKey ge '{scan_id}' and PartitionKey lt '{scan_id}~~'"
            found[name] = await _rows(service, name, where)
        for name in RECORDS:
            found[name] = await _rows(service, name, None)
    return found


async def _rows(service: TableServiceClient, name: str, where: str | None) -> list[dict[str, Any]]:
    table = service.get_table_client(name)
    listing = table.query_entities(where) if where else table.list_entities()
    try:
        return [dict(row) async for row in listing]
    except Exception as error:
        if getattr(error, "status_code", None) == 404:
            return []  # a table that nothing was ever written to
        raise


async def write_apart(
    settings: dict[str, str], found: dict[str, list[dict[str, Any]]]
) -> tuple[float, float, int]:
    """Seconds for the rows that every scan writes, seconds for those of new findings only, transactions."""
    records = {name: rows for name, rows in found.items() if name in RECORDS}
    every = {name: rows for name, rows in found.items() if name not in RECORDS}
    seconds, transactions = await write(settings, every)
    more, further = await write(settings, records)
    return seconds, more, transactions + further


async def write(settings: dict[str, str], found: dict[str, list[dict[str, Any]]]) -> tuple[float, int]:
    """Seconds and transactions of writing rows again, into tables of their own."""
    transactions = 0
    async with TableServiceClient.from_connection_string(settings["AzureWebJobsStorage"]) as service:
        jobs = []
        for name, rows in found.items():
            client = await service.create_table_if_not_exists(f"Floor{name}")
            jobs += [(client, batch) for batch in _batches(rows)]
        began = time.perf_counter()
        for client, batch in jobs:
            await client.submit_transaction([("upsert", row, {"mode": "replace"}) for row in batch])
            transactions += 1
        return time.perf_counter() - began, transactions


def _batches(rows: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Full transactions, each in a partition of its own: Azurite slows down as a partition grows."""
    flat = list(rows)
    groups: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for index, row in enumerate(flat):
        number = index // TRANSACTION
        groups[number].append({**row, "PartitionKey": f"floor{number:06d}", "RowKey": f"{index:08d}"})
    return list(groups.values())
