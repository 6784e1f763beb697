"""Between the wire and the domain: both surfaces meet here (contract C-02, C-09, C-10)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from shared.api import security, v1
from shared.domain.attack_path import AttackPath
from shared.domain.config import sla_breached, sla_due_at
from shared.domain.errors import InvalidRequestError, Reason
from shared.domain.exposure import Exposure
from shared.domain.finding import Finding, Observation
from shared.domain.scan import Scan, ScanRequest, ScanTotals
from shared.domain.severity import ORDER, Severity
from shared.domain.timestamps import whole_second
from shared.frameworks.registry import references
from shared.rules.base import RuleMetadata
from shared.services.scan_queries import ScanFinding
from shared.services.start_scan import DEFAULT_ENVIRONMENT

T = TypeVar("T")

_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def scan_request_from_v1(body: v1.ScanBody, *, strict_ids: bool) -> ScanRequest:
    """B-01's body as the command of both surfaces. A resource group narrows, and is never widened silently.

    Without an environment it is the one that lists the subscription, found when the scan starts.

    Raises:
        InvalidRequestError: `scope` and `resource_group` disagree, or the id is no GUID where it must be.
    """
    if strict_ids and not _GUID.fullmatch(body.subscription_id):
        raise InvalidRequestError.of(
            "subscription_id", Reason.INVALID_FORMAT, "Subscription ID must be a GUID"
        )
    if body.scope == "resource_group" and body.resource_group is None:
        raise InvalidRequestError.of("resource_group", Reason.MISSING, "Resource group is required")
    explicit = "scope" in body.model_fields_set
    if explicit and body.scope == "subscription" and body.resource_group is not None:
        raise InvalidRequestError.of(
            "resource_group", Reason.MUTUALLY_EXCLUSIVE, "Resource group excludes the scope subscription"
        )
    return ScanRequest(
        scan_type=body.scan_type,
        environment=body.environment or DEFAULT_ENVIRONMENT,
        subscriptions=(body.subscription_id,),
        resource_group=body.resource_group,
        compliance_frameworks=_unique(body.compliance_frameworks),
        execute_actions=body.auto_remediate,
        create_issues=body.create_issues,
        severity_filter=tuple(severity for severity in ORDER if severity in body.severity_filter),
        notification_channels=_unique(body.notification_channels),
        custom_rules=_unique(body.custom_rules),
    )


def scan_request_from_security(body: security.SecurityScanBody) -> ScanRequest:
    """A-01's body as the command of both surfaces; the environment is resolved when the scan starts."""
    return ScanRequest(
        scan_type=body.scan_type,
        environment=body.environment,
        target_resources=_unique(body.target_resources),
        compliance_frameworks=_unique(body.compliance_frameworks),
        execute_actions=body.execute_actions,
    )


def scan_started(scan: Scan) -> v1.ScanStarted:
    """B-01's answer."""
    return v1.ScanStarted(
        scan_id=scan.scan_id,
        status=scan.status.shown,
        created_at=scan.created_at,
        estimated_completion=scan.estimated_completion,
    )


def scan_accepted(scan: Scan, link: str) -> security.SecurityScanAccepted:
    """A-01's answer; `link` is the absolute URL of the scan on surface A."""
    return security.SecurityScanAccepted(
        scan_type=scan.request.scan_type,
        environment=scan.request.environment,
        scan_id=scan.scan_id,
        links=security.Links(self=link),
    )


def scan_state(scan: Scan) -> v1.ScanState:
    """B-02; also each entry of A-03 and X-01. The duration is that of the shown times (contract I-1)."""
    completed = scan.completed_at if scan.status.terminal else None
    duration = None
    if completed is not None:
        duration = int((whole_second(completed) - whole_second(scan.created_at)).total_seconds())
    return v1.ScanState(
        scan_id=scan.scan_id,
        status=scan.status.shown,
        created_at=scan.created_at,
        completed_at=completed,
        duration_seconds=duration,
        resources_scanned=scan.totals.resources_scanned,
        findings_count=severity_counts(scan.totals.by_severity),
        scan_type=scan.request.scan_type,
        environment=scan.request.environment,
    )


def scan_detail(
    scan: Scan,
    findings: tuple[ScanFinding, ...],
    findings_total: int,
    findings_link: str,
    scores: dict[str, float],
    sla: SlaView,
) -> security.SecurityScanDetail:
    """A-04 with the findings and scores given. Vulnerabilities are those of scanners this build has: none."""
    return security.SecurityScanDetail(
        **dict(scan_state(scan)),
        target_resources=scan.request.target_resources,
        compliance_frameworks=scan.request.compliance_frameworks,
        execute_actions=scan.request.execute_actions,
        findings=tuple(scan_finding(entry, sla) for entry in findings),
        findings_total=findings_total,
        findings_link=findings_link,
        vulnerabilities=(),
        vulnerabilities_total=0,
        compliance=scores,
        errors=scan.errors,
    )


def severity_counts(counts: dict[Severity, int]) -> v1.SeverityCounts:
    """All four severities, absent ones as 0."""
    return v1.SeverityCounts(**{severity.value: counts.get(severity, 0) for severity in ORDER})


def results_summary(totals: ScanTotals) -> v1.ResultsSummary:
    """B-03's summary; its sums agree with each other (contract I-2)."""
    return v1.ResultsSummary(
        total_findings=totals.findings,
        by_severity=severity_counts(totals.by_severity),
        auto_remediable=totals.auto_remediable,
        manual_review_required=totals.findings - totals.auto_remediable,
    )


@dataclass(frozen=True, slots=True)
class SlaView:
    """What due dates depend on beside the finding: the days by severity, and now."""

    days: Mapping[Severity, int]
    now: datetime


def finding(record: Finding, sla: SlaView) -> v1.Finding:
    """B-05: today's record."""
    return _finding(
        sla,
        record.observation,
        finding_id=record.id,
        scan_id=record.scan_id,
        detected_at=record.detected_at,
        last_seen_at=record.last_seen_at,
        record=record,
    )


def scan_finding(member: ScanFinding, sla: SlaView) -> v1.Finding:
    """B-03: the observation as finalised, with what people say of it today (contract section 6)."""
    return _finding(
        sla,
        member.frozen.observation,
        finding_id=member.frozen.id,
        scan_id=member.frozen.scan_id,
        detected_at=member.frozen.detected_at,
        last_seen_at=member.frozen.last_seen_at,
        record=member.record,
    )


def _finding(
    sla: SlaView,
    observation: Observation,
    *,
    finding_id: str,
    scan_id: str,
    detected_at: datetime,
    last_seen_at: datetime | None,
    record: Finding | None,
) -> v1.Finding:
    due = sla_due_at(record, sla.days) if record else None
    return v1.Finding(
        id=finding_id,
        severity=observation.severity,
        title=observation.title,
        description=observation.description,
        resource_name=observation.resource_name,
        resource_group=observation.resource_group,
        resource_type=observation.resource_type,
        risk_score=observation.risk_score,
        cvss_score=observation.cvss_score,
        auto_remediable=observation.auto_remediable,
        remediation_steps=observation.remediation_steps,
        github_issue_url=record.github_issue_url if record else None,
        detected_at=detected_at,
        status=record.status if record else None,
        scan_id=scan_id,
        rule_id=observation.rule_id,
        fingerprint=observation.fingerprint,
        assigned_to=record.assigned_to if record else None,
        priority=record.priority if record else None,
        resolved_by=record.resolved_by if record else None,
        resolved_at=record.resolved_at if record else None,
        resolution_notes=record.resolution_notes if record else None,
        resolution=record.resolution if record else None,
        first_seen_at=detected_at,
        last_seen_at=last_seen_at,
        evidence=observation.evidence,
        resource_id=observation.resource_id,
        subscription_id=observation.subscription_id,
        discriminator=observation.discriminator,
        reopened_at=record.reopened_at if record else None,
        suppressed_by=record.suppressed_by if record else None,
        sla_due_at=due,
        sla_breached=record is not None and sla_breached(record, due, sla.now),
    )


def exposure_row(exposure: Exposure) -> v1.ExposureRow:
    """X-11's row."""
    return v1.ExposureRow(**dict(exposure))


def attack_path_row(path: AttackPath) -> v1.AttackPathRow:
    """X-21's row."""
    return v1.AttackPathRow(id=path.id, **dict(path))


def rule(metadata: RuleMetadata) -> v1.Rule:
    """X-07's entry."""
    members = {name: getattr(metadata, name) for name in v1.Rule.model_fields if name != "controls"}
    return v1.Rule(**members, controls=references(metadata.rule_id))


def _unique(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))
