"""The webhook bodies of the seed's examples, member by member (contract section 8)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.events import Event, EventType
from shared.domain.scan import ScanStatus, ScanTotals
from shared.domain.severity import Severity
from shared.services.announce import finding_event, scan_event
from shared.services.webhook_body import envelope
from tests.contract.harness import NOW, finished, frozen, observation, record

CREATED = {
    "event_type": "finding.created",
    "timestamp": "2025-08-05T17:43:01Z",
    "data": {
        "finding_id": "finding-20250805-174301",
        "severity": "critical",
        "title": "Unrestricted SSH access detected",
        "resource_name": "SSH",
        "resource_group": "Honeypot_group",
    },
}
COMPLETED = {
    "event_type": "scan.completed",
    "timestamp": "2025-08-05T17:43:15Z",
    "data": {
        "scan_id": "scan-20250805-174258",
        "findings_count": 16,
        "critical_findings": 1,
        "duration_seconds": 17,
    },
}


def _created() -> Event:
    scan = finished(NOW)
    seen = record(frozen(scan, observation(), NOW + timedelta(seconds=3)))
    return finding_event(scan, seen, EventType.FINDING_CREATED)


def _completed() -> Event:
    counts = {Severity.CRITICAL: 1, Severity.HIGH: 2, Severity.MEDIUM: 5, Severity.LOW: 8}
    scan = finished(NOW, totals=ScanTotals(resources_scanned=156, by_severity=counts))
    return scan_event(scan, ScanStatus.COMPLETED, NOW + timedelta(seconds=17))


@pytest.mark.parametrize(
    ("event", "example"), [(_created(), CREATED), (_completed(), COMPLETED)], ids=["finding", "scan"]
)
def test_as_in_the_seed(event: Event, example: dict[str, Any]) -> None:
    body = json.loads(envelope(event.type.value, event.time, event.data))
    assert list(body) == list(example), "the envelope carries exactly that"
    assert {name: body[name] for name in ("event_type", "timestamp")} == {
        name: example[name] for name in ("event_type", "timestamp")
    }
    assert list(body["data"])[: len(example["data"])] == list(example["data"])
    assert {name: body["data"][name] for name in example["data"]} == example["data"]
