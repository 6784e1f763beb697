"""What is announced reaches the Event Grid topic as CloudEvents, once each (contract section 8, I-3, I-4)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from devhost.demo.client import ApiClient
from tests.e2e.stack import scan, until

pytestmark = pytest.mark.local_stack


def published(client: ApiClient) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = client.get("/_local/eventgrid/events")["events"]
    return events


def test_a_scan_and_its_findings_are_announced(sample_stack: ApiClient) -> None:
    end = scan(sample_stack)
    results = sample_stack.get(f"/v1/scans/{end['scan_id']}/results")

    def told() -> list[dict[str, Any]] | None:
        mine = [one for one in published(sample_stack) if one["subject"] == f"scans/{end['scan_id']}"]
        return sorted(mine, key=lambda one: str(one["sequence"])) if len(mine) > 1 else None

    started, event = until(told, 40)
    assert started["type"] == "com.securitycopilot.scan.started"
    assert started["data"]["scan_id"] == end["scan_id"] and started["data"]["run"] == 1
    assert event["specversion"] == "1.0" and event["datacontenttype"] == "application/json"
    assert event["type"] == "com.securitycopilot.scan.completed"
    assert event["source"] == "/security-copilot/production"
    assert event["time"].startswith(end["completed_at"][:-1])
    assert event["data"] == {
        "scan_id": end["scan_id"],
        "findings_count": results["summary"]["total_findings"],
        "critical_findings": results["summary"]["by_severity"]["critical"],
        "duration_seconds": end["duration_seconds"],
        "status": "completed",
    }
    records = sample_stack.rows("/v1/findings", "findings")
    created = [one for one in published(sample_stack) if one["type"] == "com.securitycopilot.finding.created"]
    assert {one["data"]["finding_id"] for one in created} == {record["id"] for record in records}
    assert max(Counter(one["id"] for one in created).values()) == 1
    by_id = {record["id"]: record for record in records}
    for one in created:
        record = by_id[one["data"]["finding_id"]]
        assert one["subject"] == f"findings/{record['id']}"
        assert one["data"]["detected_at"] == record["detected_at"]
        for member in ("severity", "title", "resource_name", "resource_group"):
            assert one["data"][member] == record[member]
