"""A whole scan through the real SDKs, against a truth that shares no code with the product."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devhost.demo.client import ApiClient
from tests.e2e.stack import ROOT, Stack, scan
from tests.e2e.truth import Truth, check_scan_against

pytestmark = pytest.mark.local_stack


def invariants(client: ApiClient, end: dict[str, Any]) -> None:
    """I-1 .. I-3, I-9 of the contract, on a finished scan."""
    scan_id = end["scan_id"]
    results = client.get(f"/v1/scans/{scan_id}/results")
    summary = results["summary"]
    assert sum(summary["by_severity"].values()) == summary["total_findings"]
    assert summary["auto_remediable"] + summary["manual_review_required"] == summary["total_findings"]
    assert end["findings_count"] == summary["by_severity"]
    rows = client.rows(f"/v1/scans/{scan_id}/results", "findings")
    assert len(rows) == summary["total_findings"]
    for row in rows:
        assert end["created_at"] <= row["detected_at"] <= end["completed_at"]
        assert row["id"].startswith("finding-" + row["detected_at"].translate({45: None, 58: None, 90: None})
                                    .replace("T", "-"))  # fmt: skip


def test_the_sample_estate(sample_stack: ApiClient) -> None:
    end = scan(sample_stack)
    assert end["status"] == "completed"
    invariants(sample_stack, end)
    truth = Truth.load(ROOT / "samples" / "estate.truth.jsonl")
    check_scan_against(truth, sample_stack, end["scan_id"])
    coverage = sample_stack.get(f"/v1/scans/{end['scan_id']}/coverage")
    assert coverage["complete"] is True
    assert all(row["status"] == "read" and row["failed"] == 0 for row in coverage["resource_types"])
    assert len(coverage["subscriptions"]) == 2


def test_the_seed_finding_to_the_letter(sample_stack: ApiClient) -> None:
    """The seed's SSH finding: every member but id, issue and time."""
    end = scan(sample_stack)
    rows = sample_stack.rows(f"/v1/scans/{end['scan_id']}/results", "findings")
    honeypot = next(
        row for row in rows if row["resource_name"] == "SSH" and row["resource_group"] == "Honeypot_group"
    )
    expected = {
        "severity": "critical",
        "title": "Unrestricted SSH access detected",
        "description": "SSH port 22 is open to the internet (0.0.0.0/0)",
        "resource_name": "SSH",
        "resource_group": "Honeypot_group",
        "resource_type": "NSG_RULE",
        "risk_score": 95,
        "cvss_score": 9.8,
        "auto_remediable": True,
        "remediation_steps": [
            "Restrict SSH access to management subnet",
            "Implement Just-In-Time (JIT) access",
            "Enable Azure Bastion for secure access",
        ],
    }  # fmt: skip
    assert {name: honeypot[name] for name in expected} == expected
    assert honeypot["github_issue_url"] is None


def test_a_second_scan_finds_the_same_under_the_same_ids(sample_stack: ApiClient) -> None:
    first, second = scan(sample_stack), scan(sample_stack)
    before, after = (
        {
            (row["id"], row["fingerprint"], row["detected_at"])
            for row in sample_stack.rows(f"/v1/scans/{one['scan_id']}/results", "findings")
        }
        for one in (first, second)
    )
    assert before == after and before
    records = sample_stack.rows("/v1/findings", "findings")
    assert {row["id"] for row in records} == {one[0] for one in before}


def test_ten_thousand_resources(estate: Callable[[int, int], tuple[Path, Path]]) -> None:
    """Every planted SSH, RDP and database exposure found, no trap broken, coverage complete."""
    resources, truth = estate(10_000, 7)
    with Stack(resources) as stack:
        client = stack.start()
        end = scan(client)
        assert end["status"] == "completed"
        invariants(client, end)
        check_scan_against(Truth.load(truth), client, end["scan_id"])
        assert client.get(f"/v1/scans/{end['scan_id']}/coverage")["complete"] is True


def test_a_denied_subscription_and_an_unreadable_line_are_named(
    tmp_path: Path, estate: Callable[[int, int], tuple[Path, Path]]
) -> None:
    resources, _ = estate(600, 3)
    lines = resources.read_text().splitlines()
    subscriptions = sorted({json.loads(line)["id"].split("/")[2] for line in lines})
    denied = subscriptions[0]
    nsg = next(
        json.loads(line)
        for line in lines
        if "networkSecurityGroups" in line
        and json.loads(line)["type"].lower() == "microsoft.network/networksecuritygroups"
        and denied not in line
    )
    broken = json.dumps({**nsg, "id": nsg["id"] + "-broken", "name": "broken"})[:-40]
    shapeless = json.dumps({**nsg, "id": nsg["id"] + "-shapeless", "properties": {"securityRules": "none"}})
    bad = tmp_path / "estate.jsonl"
    bad.write_text("\n".join([*lines, broken, shapeless]) + "\n")
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({"deny": {"subscriptions": [denied]}}))
    with Stack(bad, faults=faults) as stack:
        client = stack.start()
        _, _, started = client.call("POST", "/v1/scans", {"subscription_id": denied, "scan_type": "network"})
        refused = client.wait(started["scan_id"], 60, lambda _: None)
        assert refused["status"] == "failed"
        ledger = client.get(f"/v1/scans/{started['scan_id']}/coverage")
        assert [row["subscription_id"] for row in ledger["subscriptions"]] == [denied]
        assert ledger["subscriptions"][0]["status"] == "denied" and ledger["subscriptions"][0]["reason"]
        end = scan(client)
        assert end["status"] == "partial"
        ledger = client.get(f"/v1/scans/{end['scan_id']}/coverage")
        assert ledger["complete"] is False
        failed = {(row["resource_id"] or "").rpartition("-")[2]: row["reason"] for row in ledger["failures"]}
        assert {"broken", "shapeless"} <= set(failed), ledger["failures"]
        assert all(failed.values())
        errors = {row["rule_id"]: row["errors"] for row in ledger["rules"]}
        assert errors["network.nsg.ssh_from_internet"] >= 2
