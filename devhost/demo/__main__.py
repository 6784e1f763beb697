"""The demo: start the stack, scan, show what was found, write it down, stop everything.

python -m devhost.demo [--estate FILE | --azure [--subscription ID]] [--out DIR] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from devhost.child import Child, ChildError
from devhost.demo.client import ApiClient, ApiError
from devhost.demo.receiver import Receiver, scheduled_run
from devhost.demo.tables import (
    attack_path_table,
    coverage_table,
    exposure_table,
    findings_table,
    posture_table,
)

ROOT = Path(__file__).resolve().parents[2]
BUDGET_SECONDS = 65.0
"""The demo shows what it has by then: on a busy machine it waits no longer for events and schedules."""
SHORTEST_WAIT_SECONDS = 3.0
WEBHOOK_SECONDS = 25.0
SCHEDULE_SECONDS = 30.0
SAMPLE = ROOT / "samples" / "estate.jsonl"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo: 0 the scan ended well, 1 it did not or something failed."""
    options = _parse(arguments)
    console = Console(stderr=options.json, highlight=False)
    began = time.monotonic()
    source = (
        ["--azure", *(("--subscription", options.subscription) if options.subscription else ())]
        if options.azure
        else ["--estate", str(options.estate)]
    )
    stack = Child("devhost", source, pid_file=None, environment={})
    receiver: Receiver | None = None
    try:
        with console.status("starting the local stack (storage, broker, Azure)"):
            ready = stack.wait_ready(120)
        client = ApiClient(ready["base_url"], ready["api_key"])
        console.print(f"local stack up in {time.monotonic() - began:.1f} s at {ready['base_url']}")
        receiver = Receiver()
        receiver.register(client)
        outcome = _scan(client, console, options.patience)
        _announced(client, console, receiver, outcome, began, scheduled=not options.azure)
    except (ChildError, ApiError, TimeoutError, OSError) as error:
        Console(stderr=True).print(f"demo failed: {error}", style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if receiver is not None:
            receiver.close()
        stack.stop()
    _write(outcome, options.out)
    if options.json:
        print(json.dumps(outcome))
    else:
        _show(console, outcome, options.out)
    if options.setup_seconds is not None:
        console.print(f"set-up took {options.setup_seconds:.1f} s")
    console.print(f"the demo itself took {time.monotonic() - began:.1f} s")
    return 0 if outcome["scan"]["status"] in ("completed", "partial") else 1


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m devhost.demo", description=__doc__)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--estate", type=Path, default=SAMPLE, help="JSONL file (default: the sample)")
    source.add_argument("--azure", action="store_true", help="scan real Azure with your own login")
    parser.add_argument("--subscription", help="with --azure: only this subscription")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the JSON files")
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")
    parser.add_argument("--patience", type=float, default=3600, help="seconds to wait for the scan")
    parser.add_argument("--setup-seconds", type=float, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _announced(
    client: ApiClient,
    console: Console,
    receiver: Receiver,
    outcome: dict[str, Any],
    began: float,
    *,
    scheduled: bool,
) -> None:
    """Wait for the webhook of the scan's end, and for a scheduled scan to begin, as far as time allows."""
    arrived = receiver.wait_for(outcome["scan"]["scan_id"], _left(began, WEBHOOK_SECONDS))
    count = sum(receiver.verified.values())
    outcome["webhook"] = {"arrived": arrived, "verified": count, "refused": receiver.refused}
    console.print(
        f"webhook: {count} events arrived, signatures verified"
        if arrived
        else f"webhook: the end of the scan has not arrived yet, {count} other events have"
    )
    if scheduled:
        outcome["scheduled"] = run = scheduled_run(client, _left(began, SCHEDULE_SECONDS))
        console.print(
            "schedule: no run was due in time"
            if run is None
            else f"schedule: due {run['due']}, started {run['scan_id']}"
        )


def _left(began: float, most: float) -> float:
    """How long may be waited for something: `most`, within the demo's budget."""
    return max(SHORTEST_WAIT_SECONDS, min(most, began + BUDGET_SECONDS - time.monotonic()))


def _scan(client: ApiClient, console: Console, patience: float) -> dict[str, Any]:
    began = time.monotonic()
    _, _, started = client.call("POST", "/api/v1/security/scans", {"scan_type": "full"})
    scan_id = started["scan_id"]
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"scanning {scan_id}", total=None, note="")

        def progress(coverage: dict[str, Any]) -> None:
            asked = sum(row["asked"] for row in coverage["resource_types"])
            read = sum(row["read"] for row in coverage["resource_types"])
            bar.update(task, total=asked or None, completed=read, note=f"{read} of {asked} resources read")

        scan = client.wait(scan_id, patience, progress if console.is_terminal else None)
        bar.update(task, total=1, completed=1, note=f"{scan['resources_scanned']} resources read")
    seconds = time.monotonic() - began
    console.print(
        f"scan {scan_id}: {scan['status']}, {scan['resources_scanned']} resources read in {seconds:.1f} s"
    )
    results = client.get(f"/v1/scans/{scan_id}/results?limit=1")
    coverage = client.get(f"/v1/scans/{scan_id}/coverage?limit=200")
    coverage["failures"] = client.rows(f"/v1/scans/{scan_id}/coverage", "failures")
    return {
        "scan": scan,
        "summary": results["summary"],
        "findings": client.rows(f"/v1/scans/{scan_id}/results", "findings"),
        "exposures": client.rows(f"/v1/scans/{scan_id}/exposure", "exposures"),
        "attack_paths": _attack_paths(client, scan_id),
        "coverage": coverage,
        "posture": client.get("/api/v1/security/posture"),
    }


def _attack_paths(client: ApiClient, scan_id: str) -> dict[str, Any]:
    """The first page, with the rows of all."""
    path = f"/v1/scans/{scan_id}/attack-paths"
    found: dict[str, Any] = client.get(f"{path}?limit=1")
    return {
        "total": found["total"],
        "coverage": found["coverage"],
        "attack_paths": client.rows(path, "attack_paths"),
    }


def _show(console: Console, outcome: dict[str, Any], out: Path) -> None:
    findings_table(console, outcome, outcome["findings"])
    exposure_table(console, outcome["exposures"])
    attack_path_table(console, outcome["attack_paths"])
    posture_table(console, outcome["posture"])
    coverage_table(console, outcome["coverage"])
    console.print("written: " + ", ".join(f"{out}/{name}.json" for name in _FILES))


_FILES = ("findings", "exposure", "attack-paths", "coverage", "posture")


def _write(outcome: dict[str, Any], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    findings = {key: outcome[key] for key in ("scan", "summary", "findings")}
    for name, content in (
        ("findings", findings),
        ("exposure", {"exposures": outcome["exposures"]}),
        ("attack-paths", outcome["attack_paths"]),
        ("coverage", outcome["coverage"]),
        ("posture", outcome["posture"]),
    ):
        (out / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
