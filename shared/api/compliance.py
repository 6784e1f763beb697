"""Wire models of posture, compliance and frameworks (contract A-06, A-08, X-16, X-22)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from shared.api.v1 import SeverityCounts
from shared.api.wire import ResponseBody, WireTime
from shared.domain.posture import ControlStatus
from shared.domain.scan import ScanType
from shared.domain.severity import Severity
from shared.frameworks.model import ControlKind


class ControlCounts(ResponseBody):
    """Controls of a framework by status. `assessed` = `passed` + `failed`: what the score speaks of."""

    assessed: int
    passed: int
    failed: int
    errors: int = Field(description="Could not be looked at, or not everywhere")
    manual: int = Field(description="Only a person can judge them")
    not_applicable: int


class NotAssessed(ResponseBody):
    """Something that the figures beside it do not speak of."""

    subject: str = Field(description="A member of this answer, a scanner or a framework")
    reason: str


class ScannedScope(ResponseBody):
    """What the scan behind a posture looked at."""

    scan_type: ScanType
    environment: str
    subscriptions: tuple[str, ...] = Field(description="Those that were read; at most 50, by id")
    subscriptions_total: int


class PostureReport(ResponseBody):
    """A-06: how things stood at the latest full scan that ended."""

    overall_score: float = Field(description="Mean of the frameworks' scores; 0.0 of none")
    frameworks: dict[str, float] = Field(description="Framework -> score, of those assessed")
    critical_cves: int
    pending_patches: int
    credentials_expiring_soon: int
    scan_id: str
    completed_at: WireTime
    complete: bool = Field(description="Whether the scan read everything it was asked for")
    coverage: str = Field(description="Absolute URL of what the scan read and what it could not")
    controls: dict[str, ControlCounts] = Field(description="What each score speaks of, and what not")
    findings_count: SeverityCounts = Field(description="All findings, whatever the scan's filter")
    scanned: ScannedScope
    not_assessed: tuple[NotAssessed, ...]


class RuleTally(ResponseBody):
    """What one rule said over all resources of the scan."""

    rule_id: str
    title: str | None = Field(description="Null for a rule that this build does not have")
    ran: bool
    passed: int
    failed: int
    errors: int
    not_applicable: int


class ControlFinding(ResponseBody):
    """A finding that is evidence of a failed control: the resource, and the values read of it."""

    finding_id: str
    rule_id: str
    resource_id: str
    resource_name: str
    severity: Severity
    title: str
    values: dict[str, Any]


class PassedCheck(ResponseBody):
    """A resource on which a rule of the control passed."""

    rule_id: str
    resource_id: str


class AssessedControl(ResponseBody):
    """A-08: a control, how it stands, and why."""

    control_id: str
    name: str
    status: ControlStatus
    evidence: str = Field(description="What was read and of what, in a sentence or two")
    kind: ControlKind
    rules: tuple[RuleTally, ...]
    findings: tuple[ControlFinding, ...] = Field(description="At most 20, gravest first")
    evidence_total: int = Field(description="Failed results of its rules, whether shown as findings or not")
    passed: tuple[PassedCheck, ...] = Field(description="At most 20, some of each rule")
    passed_total: int = Field(description="Passed results of its rules, whether shown or not")
    beyond: str | None = Field(description="What the control asks for that no rule can see")


class ComplianceReport(ResponseBody):
    """A-08: one framework in the latest full scan that ended."""

    framework: str
    score: float = Field(description="Weighted share of passed controls among those assessed")
    controls: tuple[AssessedControl, ...]
    name: str
    version: str
    scan_id: str
    completed_at: WireTime
    complete: bool
    coverage: str = Field(description="Absolute URL of what the scan read and what it could not")
    scanned: ScannedScope
    counts: ControlCounts
    findings_link: str = Field(description="Absolute URL of all findings of the scan")
    evidence_whole: bool = Field(
        description="False where the scan has more findings than were looked through for evidence"
    )


class ControlEvidence(ResponseBody):
    """Rules that speak to a control, and why."""

    rules: tuple[str, ...]
    why: str | None


class FrameworkControl(ResponseBody):
    """X-16: a control as we read it."""

    control_id: str
    title: str
    kind: ControlKind
    evidence: tuple[ControlEvidence, ...]
    beyond: str | None = Field(description="What the control asks for that no rule can see")
    reason: str | None = Field(description="Why no rule decides it")


class FrameworkSummary(ResponseBody):
    """X-16: a framework that scans are assessed by."""

    id: str
    name: str
    version: str
    source: str
    superseded_by: str | None
    not_assessed: str | None = Field(description="Which of its controls are not listed")
    controls_total: int
    automated: int
    manual: int
    not_applicable: int


class FrameworkDetail(FrameworkSummary):
    """X-16: a framework with its controls."""

    controls: tuple[FrameworkControl, ...]


class FrameworkList(ResponseBody):
    """X-16: every framework, ordered by id."""

    frameworks: tuple[FrameworkSummary, ...]
    total: int


class TrendPoint(ResponseBody):
    """How things stood at one full scan."""

    scan_id: str
    completed_at: WireTime
    complete: bool
    overall_score: float
    frameworks: dict[str, float]
    scanned: ScannedScope
    findings_count: SeverityCounts
    credentials_expiring_soon: int | None = Field(description="Null where nothing counted them")


class PostureTrend(ResponseBody):
    """X-22: full scans that ended, newest first."""

    snapshots: tuple[TrendPoint, ...]
    limit: int
