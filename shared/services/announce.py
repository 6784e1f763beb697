"""Events of the scan engine: their data as contract section 8 lists it, and ids that a repeat shares."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.domain.events import Event, EventType
from shared.domain.finding import Finding
from shared.domain.scan import Scan, ScanStatus
from shared.domain.severity import Severity
from shared.domain.timestamps import wire_time


def finding_event(scan: Scan, record: Finding, kind: EventType) -> Event:
    """`finding.created` once in a finding's life; reopening and resolving once for each scan that did it."""
    once = kind is EventType.FINDING_CREATED
    moment = record.detected_at if once else record.read_at
    tail = record.fingerprint if once else f"{record.fingerprint}:{scan.scan_id}"
    observation = record.observation
    data: dict[str, Any] = {
        "finding_id": record.id,
        "severity": observation.severity.value,
        "title": observation.title,
        "resource_name": observation.resource_name,
        "resource_group": observation.resource_group,
        "id": record.id,
        "risk_score": observation.risk_score,
        "auto_remediable": observation.auto_remediable,
        "github_issue_url": record.github_issue_url,
        "detected_at": wire_time(record.detected_at),
        "description": observation.description,
        "resource_type": observation.resource_type,
        "scan_id": scan.scan_id,
    }
    if kind is EventType.FINDING_RESOLVED and record.resolution is not None:
        data["resolution"] = record.resolution.value
    return Event(
        event_id=f"{kind.value}:{tail}",
        type=kind,
        subject=f"findings/{record.id}",
        time=moment,
        environment=scan.request.environment,
        data=data,
    )


def scan_started(scan: Scan, at: datetime) -> Event:
    """`scan.started`, once for each run of the scan: its first plan page, and each resume.

    Outbox order is time, then id, and a short scan ends in the second it began: this id sorts before those
    of the scan's end.
    """
    return Event(
        event_id=f"run:{scan.scan_id}:{scan.run}",
        type=EventType.SCAN_STARTED,
        subject=f"scans/{scan.scan_id}",
        time=at,
        environment=scan.request.environment,
        data={
            "scan_id": scan.scan_id,
            "scan_type": scan.request.scan_type.value,
            "environment": scan.request.environment,
            "run": scan.run,
        },
    )


def scan_event(scan: Scan, status: ScanStatus, at: datetime) -> Event:
    """`scan.completed` or `scan.failed`, once for each run of the scan."""
    kind = EventType.SCAN_FAILED if status is ScanStatus.FAILED else EventType.SCAN_COMPLETED
    return Event(
        event_id=f"{kind.value}:{scan.scan_id}:{scan.run}",
        type=kind,
        subject=f"scans/{scan.scan_id}",
        time=at,
        environment=scan.request.environment,
        data={
            "scan_id": scan.scan_id,
            "findings_count": scan.totals.findings,
            "critical_findings": scan.totals.by_severity[Severity.CRITICAL],
            "duration_seconds": int((at - scan.created_at).total_seconds()),
            "status": status.value,
        },
    )
