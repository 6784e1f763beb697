"""Wire models of surface A, `/api/v1/security` (contract sections 5 and 6)."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from shared.api.v1 import Finding, ScanState
from shared.api.wire import MAX_ITEMS, FrameworkName, Name, RequestBody, ResponseBody, TargetRef
from shared.domain.scan import ScanError, ScanType
from shared.domain.severity import Severity

STARTED_MESSAGE: Final = "Security scan started. Use GET /security/scans to track progress."
"""A-01, exact."""


class SecurityScanBody(RequestBody):
    """A-01, A-02: what to scan; every member is optional."""

    environment: Name = "production"
    scan_type: ScanType = ScanType.FULL
    target_resources: tuple[TargetRef, ...] = Field(
        default=(), max_length=MAX_ITEMS, description="ARM ids, repositories or images; empty = all"
    )
    compliance_frameworks: tuple[FrameworkName, ...] = Field(default=(), max_length=MAX_ITEMS)
    execute_actions: bool = Field(default=False, description="Apply what policy allows")


class Links(ResponseBody):
    """Where to look next, as absolute URLs."""

    self: str


class SecurityScanAccepted(ResponseBody):
    """A-01: the scan is recorded and under way."""

    status: Literal["accepted"] = "accepted"
    scan_type: ScanType
    environment: str
    message: str = STARTED_MESSAGE
    scan_id: str
    links: Links


class Cve(ResponseBody):
    """A vulnerability of a package."""

    cve_id: str
    severity: Severity
    affected_package: str
    affected_version: str
    fixed_version: str | None
    description: str


class SecurityScanDetail(ScanState):
    """A-04: a scan with the first 200 of each list."""

    target_resources: tuple[str, ...]
    compliance_frameworks: tuple[str, ...]
    execute_actions: bool
    findings: tuple[Finding, ...]
    findings_total: int
    findings_link: str = Field(description="Absolute URL of all findings")
    vulnerabilities: tuple[Cve, ...]
    vulnerabilities_total: int
    compliance: dict[str, float] = Field(description="Framework -> score; evaluated ones only")
    errors: tuple[ScanError, ...] = Field(description="What was asked for and could not be done")
