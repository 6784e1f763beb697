"""Attack paths of a whole scan through the real SDKs: those planted in the sample company, and no trap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from devhost.demo.client import ApiClient
from tests.e2e.stack import ROOT, Stack

pytestmark = pytest.mark.local_stack

PLANTED = {
    ("vm-jump", "e17f4f74-0d91-4313-9716-0a2edcceefb7"): ("exposed", 5),
    ("vm-fax", "stordersarchive"): ("exposed", 7),
    ("app-checkout", "kv-checkout"): ("exposed", 3),
    ("app-storefront", "kv-storefront"): ("exposed", 2),
    ("vm-play", "stplayground"): ("exposed", 4),
    ("Honeypot", "sthoneypotlogs"): ("possible", 4),
    ("stsharedtfstate", "stsharedtfstate"): ("exposed", 2),
}
"""(workload, target) -> verdict and steps, as `samples/showcase_paths.py` plants them."""


def full_scan(client: ApiClient) -> str:
    _, _, started = client.call("POST", "/api/v1/security/scans", {"scan_type": "full"})
    end = client.wait(started["scan_id"], 300, lambda _: None)
    assert end["status"] in ("completed", "partial")
    scan_id: str = started["scan_id"]
    return scan_id


def _name(resource_id: str) -> str:
    return resource_id.rsplit("/", 1)[-1]


def paths_of(client: ApiClient, scan_id: str) -> dict[tuple[str, str], dict[str, Any]]:
    rows = client.rows(f"/v1/scans/{scan_id}/attack-paths", "attack_paths")
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
    found = {(_name(row["workload"]), _name(row["target"])): row for row in rows}
    assert len(found) == len(rows)
    return found


def test_planted_paths_are_found_and_traps_are_not(sample_stack: ApiClient) -> None:
    scan_id = full_scan(sample_stack)
    found = paths_of(sample_stack, scan_id)
    shown = {pair: (row["verdict"], len(row["steps"])) for pair, row in found.items() if pair in PLANTED}
    assert shown == PLANTED
    assert "app-preview" not in {workload for workload, _ in found}
    first = sample_stack.get(f"/v1/scans/{scan_id}/attack-paths?limit=1")
    assert (first["coverage"]["evaluated"], first["coverage"]["complete"]) == (True, True)
    rows = sample_stack.rows(f"/v1/scans/{scan_id}/results", "findings")
    by_rule: dict[str, set[str]] = {}
    for row in rows:
        by_rule.setdefault(row["rule_id"], set()).add(row["resource_name"])
    assert by_rule["path.vm.privileged_identity"] == {"vm-jump"}
    assert by_rule["path.app.vault_secrets"] == {"app-checkout", "app-storefront"}
    assert by_rule["path.internet.data_store"] == {"vm-jump", "vm-fax", "vm-play", "Honeypot"}
    assert "stsharedtfstate" in by_rule["path.storage.public_sensitive"]
    target = found["vm-play", "stplayground"]["target"]
    some = sample_stack.get(f"/v1/scans/{scan_id}/attack-paths?target={target}")
    assert {_name(row["workload"]) for row in some["attack_paths"]} == {"vm-play"}


def test_without_role_definitions_the_path_is_unverified(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({"deny": {"actions": ["Microsoft.Authorization/roleDefinitions/read"]}}))
    with Stack(ROOT / "samples" / "estate.jsonl", faults=faults) as stack:
        client = stack.start()
        scan_id = full_scan(client)
        found = paths_of(client, scan_id)
        row = found["vm-play", "stplayground"]
        assert row["verdict"] == "unverified"
        assert "roledefinitions" in row["steps"][-1]["note"]
        assert found["vm-jump", "e17f4f74-0d91-4313-9716-0a2edcceefb7"]["verdict"] == "exposed"
        coverage = client.get(f"/v1/scans/{scan_id}/attack-paths?limit=1")["coverage"]
        assert coverage["complete"] is False
        assert {one["type"] for one in coverage["not_read"]} == {"microsoft.authorization/roledefinitions"}
