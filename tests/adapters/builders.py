"""Domain values with everything filled in that a test does not care about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.attack_path import AttackPath, AttackStep, StepKind
from shared.domain.coverage import ReadFailure
from shared.domain.events import Event, EventType, LoggedEvent
from shared.domain.exposure import Exposure, PathStep, Protocol, SourceClass, Verdict
from shared.domain.finding import Finding, FindingStatus, FrozenFinding, Observation, pack_evidence
from shared.domain.ids import IdKind, make_id
from shared.domain.page import Page, PageRequest
from shared.domain.plan import Marker, PlanCursor, PlannedPage, PlanStep, Shard, ShardOutcome, ShardStage
from shared.domain.scan import Scan, ScanRequest, ScanStatus, ScanType
from shared.domain.severity import Severity

T0 = datetime(2025, 8, 5, 17, 42, 58, tzinfo=UTC)
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
SCAN = make_id(IdKind.SCAN, T0)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def scan(
    seconds: float = 0,
    *,
    tail: str = "",
    status: ScanStatus = ScanStatus.QUEUED,
    scan_type: ScanType = ScanType.FULL,
    **changes: Any,
) -> Scan:
    created = at(seconds)
    return Scan(
        scan_id=make_id(IdKind.SCAN, created, tail),
        request=ScanRequest(scan_type=scan_type),
        status=status,
        created_at=created,
        estimated_completion=created + timedelta(minutes=5),
        requested_by="tester",
        **changes,
    )


def observation(
    number: int = 0, *, severity: Severity = Severity.HIGH, subscription: str = SUBSCRIPTION, **changes: Any
) -> Observation:
    resource = (
        f"/subscriptions/{subscription}/resourceGroups/rg/providers/"
        f"Microsoft.Network/networkSecurityGroups/nsg{number}/securityRules/SSH"
    )
    values: dict[str, Any] = {
        "rule_id": "network.nsg.ssh_from_internet",
        "resource_id": resource,
        "evaluated_id": resource.rsplit("/", 2)[0],
        "subscription_id": subscription,
        "resource_group": "rg",
        "resource_name": "SSH",
        "resource_type": "NSG_RULE",
        "severity": severity,
        "title": "Unrestricted SSH access detected",
        "description": "Überall offen \u2603 from 0.0.0.0/0",
        "risk_score": 95,
        "cvss_score": 9.8,
        "auto_remediable": True,
        "remediation_steps": ("Restrict the source",),
        "evidence": {"source": "*", "ports": ["22"]},
    }
    given = values | changes
    evidence = given.pop("evidence")
    return Observation(
        **given, packed_evidence=pack_evidence(evidence, given["resource_id"], given["evaluated_id"])
    )


def finding(
    number: int = 0,
    seconds: float = 0,
    *,
    tail: str = "",
    status: FindingStatus = FindingStatus.OPEN,
    severity: Severity = Severity.HIGH,
    subscription: str = SUBSCRIPTION,
    **changes: Any,
) -> Finding:
    seen = observation(number, severity=severity, subscription=subscription)
    values: dict[str, Any] = {
        "id": make_id(IdKind.FINDING, at(seconds), tail),
        "fingerprint": seen.fingerprint,
        "observation": seen,
        "status": status,
        "scan_id": SCAN,
        "detected_at": at(seconds),
        "last_seen_at": at(seconds),
        "read_at": at(seconds),
    }
    return Finding(**(values | changes))


def frozen(
    number: int, seconds: float | None = None, *, severity: Severity = Severity.HIGH, tail: str = ""
) -> FrozenFinding:
    record = finding(number, number if seconds is None else seconds, severity=severity, tail=tail)
    return FrozenFinding(
        id=record.id,
        fingerprint=record.fingerprint,
        scan_id=SCAN,
        detected_at=record.detected_at,
        observation=record.observation,
    )


def exposure(
    name: str,
    *,
    source_class: SourceClass = SourceClass.INTERNET,
    verdict: Verdict = Verdict.EXPOSED,
    ports: tuple[str, ...] = ("22",),
) -> Exposure:
    resource = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/vms/{name}"
    step = PathStep(
        stage="nic_nsg", resource_id=f"{resource}/nsg", rule="SSH", priority=100, decision="allow"
    )
    return Exposure(
        subscription_id=SUBSCRIPTION,
        entry_point=f"{resource}/ip",
        resource_id=resource,
        public_ip="203.0.113.7",
        protocol=Protocol.TCP,
        ports=ports,
        backend_ports=ports,
        source_class=source_class,
        verdict=verdict,
        path=(step,),
    )


def failure(name: str | None, reason: str = "no answer") -> ReadFailure:
    return ReadFailure(
        resource_id=None if name is None else f"/subscriptions/{SUBSCRIPTION}/{name}",
        type="microsoft.network/networksecuritygroups",
        reason=reason,
    )


def event(number: int = 0, seconds: float = 0, **changes: Any) -> Event:
    values: dict[str, Any] = {
        "event_id": f"evt-{number:04d}",
        "type": EventType.FINDING_CREATED,
        "subject": f"findings/finding-{number}",
        "time": at(seconds),
        "environment": "production",
        "data": {"finding_id": f"finding-{number}", "severity": "high"},
    }
    return Event(**(values | changes))


def logged(position: int, **changes: Any) -> LoggedEvent:
    return LoggedEvent(position=position, sequence=3, logged_at=T0, event=event(position, **changes))


def shard(number: int = 1, **changes: Any) -> Shard:
    values: dict[str, Any] = {
        "scan_id": SCAN,
        "shard_id": f"c{number:06d}",
        "stage": ShardStage.COLLECT,
        "read_at": T0,
        "blobs": (f"{SCAN}/pages/{number}.json.gz",),
    }
    return Shard(**(values | changes))


def cursor(number: int) -> PlanCursor:
    return PlanCursor(step=PlanStep.READ, skip_token=f"token-{number}")


def planned(number: int = 0, *, last: bool = False, **changes: Any) -> PlannedPage:
    values: dict[str, Any] = {
        "scan_id": SCAN,
        "number": number,
        "read_at": T0,
        "cursor": cursor(number),
        "next": None if last else cursor(number + 1),
    }
    return PlannedPage(**(values | changes))


def marker(number: int = 1, *, outcome: ShardOutcome = ShardOutcome.DONE, **changes: Any) -> Marker:
    values: dict[str, Any] = {
        "scan_id": SCAN,
        "shard_id": f"c{number:06d}",
        "stage": ShardStage.COLLECT,
        "outcome": outcome,
        "resources_read": number,
        "by_severity": {Severity.HIGH: 2},
    }
    return Marker(**(values | changes))


def ids_of(page: Page[Any]) -> list[str]:
    """Ids of scans or findings on a page."""
    return [getattr(item, "scan_id", "") if isinstance(item, Scan) else item.id for item in page.items]


def first(limit: int = 50, offset: int = 0, after: str | None = None) -> PageRequest:
    return PageRequest(limit=limit, offset=offset, after=after)


def attack_path(
    target: str = "st",
    score: int = 80,
    *,
    entry_point: str = "pip",
    severity: Severity = Severity.CRITICAL,
) -> AttackPath:
    base = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/Rg/providers"
    step = AttackStep(
        kind=StepKind.REACHES,
        source="internet",
        target=f"{base}/Microsoft.Compute/virtualMachines/vm",
        words="The internet reaches VM vm: tcp 22",
        fact=None,
        verdict=Verdict.EXPOSED,
    )
    return AttackPath(
        subscription_id=SUBSCRIPTION,
        entry_point=f"{base}/Microsoft.Network/publicIPAddresses/{entry_point}",
        workload=step.target,
        target=f"{base}/Microsoft.Storage/storageAccounts/{target}",
        target_type="microsoft.storage/storageaccounts",
        severity=severity,
        verdict=Verdict.EXPOSED,
        score=score,
        impact=90,
        likelihood=0.8836,
        steps=(step,),
    )
