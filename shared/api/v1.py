"""Wire models of surface B, `/v1` (contract sections 5, 6 and 11)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from shared.api.wire import (
    MAX_ITEMS,
    MAX_RESOURCE_GROUP,
    RESOURCE_GROUP,
    AnySeverity,
    FrameworkName,
    Name,
    RequestBody,
    ResponseBody,
    WireTime,
)
from shared.domain.attack_path import AttackStep
from shared.domain.coverage import (
    ReadFailure,
    RuleCoverage,
    ScannerCoverage,
    SubscriptionCoverage,
    TypeCoverage,
)
from shared.domain.exposure import PathStep, Protocol, SourceClass, Verdict
from shared.domain.finding import FindingStatus, Priority, Resolution
from shared.domain.scan import NotificationChannel, ScanType
from shared.domain.severity import Severity
from shared.frameworks.model import ControlReference

NextLink = Annotated[
    str | None,
    Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="Absolute URL of the next page; absent on the last one",
    ),
]


class ScanBody(RequestBody):
    """B-01: what to scan."""

    subscription_id: Name
    scope: Literal["subscription", "resource_group"] = "subscription"
    resource_group: Annotated[Name, Field(max_length=MAX_RESOURCE_GROUP, pattern=RESOURCE_GROUP)] | None = (
        None
    )
    auto_remediate: bool = False
    create_issues: bool = False
    severity_filter: tuple[AnySeverity, ...] = Field(default=(), max_length=MAX_ITEMS)
    notification_channels: tuple[NotificationChannel, ...] = Field(default=(), max_length=MAX_ITEMS)
    custom_rules: tuple[Name, ...] = Field(
        default=(),
        max_length=MAX_ITEMS,
        description="Ids of rules of `scan_type` (GET /v1/rules): only these run; empty = all of the type's",
    )
    scan_type: ScanType = ScanType.FULL
    compliance_frameworks: tuple[FrameworkName, ...] = Field(default=(), max_length=MAX_ITEMS)
    environment: Name | None = Field(
        default=None, description="Default: the environment that lists the subscription, else `default`"
    )


class SeverityCounts(ResponseBody):
    """All four severities, always present."""

    critical: int
    high: int
    medium: int
    low: int


class ScanStarted(ResponseBody):
    """B-01: the scan is recorded and under way."""

    scan_id: str
    status: str
    created_at: WireTime
    estimated_completion: WireTime


class ScanState(ResponseBody):
    """B-02: where a scan stands. Counts are those so far while it runs."""

    scan_id: str
    status: str = Field(description="running, completed, partial, failed or cancelled")
    created_at: WireTime
    completed_at: WireTime | None
    duration_seconds: int | None
    resources_scanned: int
    findings_count: SeverityCounts
    scan_type: ScanType
    environment: str


class ScanPage(ResponseBody):
    """A-03, X-01: scans, newest first."""

    scans: tuple[ScanState, ...]
    total: int
    limit: int
    offset: int
    next_link: NextLink


class Finding(ResponseBody):
    """A finding: the thirteen members of the seed, then ours."""

    id: str
    severity: Severity
    title: str
    description: str
    resource_name: str
    resource_group: str
    resource_type: str
    risk_score: int = Field(ge=0, le=100)
    cvss_score: float | None = Field(ge=0, le=10)
    auto_remediable: bool
    remediation_steps: tuple[str, ...]
    github_issue_url: str | None
    detected_at: WireTime
    status: FindingStatus | None = Field(description="Today's state; null before the record is written")
    scan_id: str
    rule_id: str
    fingerprint: str
    assigned_to: str | None
    priority: Priority | None
    resolved_by: str | None
    resolved_at: WireTime | None
    resolution_notes: str | None
    resolution: Resolution | None = Field(
        description="Why it is resolved: a scan looked again and it was `fixed`, Azure no longer has the "
        "resource (`resource_gone`), or a person said so (`manual`)"
    )
    first_seen_at: WireTime
    last_seen_at: WireTime | None = Field(
        description="In the results of a scan: when that scan read what shows it"
    )
    evidence: dict[str, Any]
    resource_id: str
    subscription_id: str
    discriminator: str = Field(
        description="Tells several findings of one rule at one subject apart; often empty"
    )
    reopened_at: WireTime | None = Field(
        description="Seen again after it was resolved, or reopened by a person"
    )
    suppressed_by: str | None = Field(description="The suppression that silences it")
    sla_due_at: WireTime | None = Field(description="When it should be over; null for what nobody is to fix")
    sla_breached: bool


class ResultsSummary(ResponseBody):
    """Of the whole scan, whatever the page."""

    total_findings: int
    by_severity: SeverityCounts
    auto_remediable: int
    manual_review_required: int


class ScanResultsPage(ResponseBody):
    """B-03: findings of a scan."""

    scan_id: str
    status: str
    findings: tuple[Finding, ...]
    summary: ResultsSummary
    total: int = Field(description="Findings that match the filter of this call")
    limit: int
    offset: int
    next_link: NextLink


class FindingPage(ResponseBody):
    """B-04: today's records, newest first."""

    findings: tuple[Finding, ...]
    total: int | None = Field(
        description="All matches; null where this combination of filters is not counted"
    )
    limit: int
    offset: int
    next_link: NextLink


class CoveragePage(ResponseBody):
    """X-10: the ledger; `failures` is paged."""

    scan_id: str
    status: str
    complete: bool
    subscriptions: tuple[SubscriptionCoverage, ...]
    resource_types: tuple[TypeCoverage, ...]
    rules: tuple[RuleCoverage, ...]
    scanners: tuple[ScannerCoverage, ...]
    failures: tuple[ReadFailure, ...]
    failures_total: int
    unread_targets: tuple[ReadFailure, ...] = Field(
        description="Of `target_resources`: in no subscription that was read, or no ARM ids at all"
    )
    limit: int
    offset: int
    next_link: NextLink


class ExposureRow(ResponseBody):
    """X-11: ports of one receiver that one class of sources reaches through one entry point."""

    entry_point: str | None = Field(description="ARM id of the public IP or PaaS resource; null if latent")
    resource_id: str
    public_ip: str | None
    protocol: Protocol
    ports: tuple[str, ...] = Field(description="As a stranger dials them: '22', '20-25', '*'")
    backend_ports: tuple[str, ...]
    source_class: SourceClass = Field(alias="class")
    verdict: Verdict
    path: tuple[PathStep, ...]
    note: str | None
    receiver_state: str | None
    subscription_id: str


class ExposurePage(ResponseBody):
    """X-11: who reaches what in a scan."""

    scan_id: str
    status: str
    exposures: tuple[ExposureRow, ...]
    total: int
    limit: int
    offset: int
    next_link: NextLink


class AttackPathRow(ResponseBody):
    """X-21: the best way found from one entry point to one target."""

    id: str = Field(description="The same for the same pair of entry point and target in every scan")
    subscription_id: str
    entry_point: str = Field(description="ARM id of the public address or endpoint")
    workload: str = Field(description="ARM id of what the entry point leads to first")
    target: str = Field(description="ARM id of the data store, key vault or subscription")
    target_type: str
    severity: Severity
    verdict: Verdict = Field(description="Of the weakest step: exposed, possible or unverified")
    score: int = Field(description="Impact x likelihood, 0 to 100")
    impact: int
    likelihood: float
    steps: tuple[AttackStep, ...]


class AttackPathCoverage(ResponseBody):
    """How far attack paths were looked for."""

    evaluated: bool = Field(description="Whether the scan's type looks for attack paths")
    complete: bool = Field(description="Everything that paths are made of was read, and the scan is over")
    omitted: int = Field(description="Paths that were found and, being less severe, are not kept")
    not_read: tuple[TypeCoverage, ...]


class AttackPathsPage(ResponseBody):
    """X-21: attack paths of a scan, the worst first."""

    scan_id: str
    status: str
    attack_paths: tuple[AttackPathRow, ...]
    coverage: AttackPathCoverage
    total: int
    limit: int
    offset: int
    next_link: NextLink


class Rule(ResponseBody):
    """X-07: a rule of the catalogue."""

    rule_id: str
    title: str
    description: str
    severity: Severity
    cvss_score: float | None
    risk_score: int
    resource_type: str
    reads: tuple[str, ...] = Field(description="ARM resource types whose data the rule needs")
    references: tuple[str, ...]
    remediation_steps: tuple[str, ...]
    auto_remediable: bool
    controls: tuple[ControlReference, ...]


class RulePage(ResponseBody):
    """X-07: the catalogue, ordered by rule id."""

    rules: tuple[Rule, ...]
    total: int
    limit: int
    offset: int
    next_link: NextLink
