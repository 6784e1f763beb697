"""Findings: what a rule observed, and the one record a problem keeps for its whole life."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.severity import Severity


class FindingStatus(StrEnum):
    """Where a finding stands (contract section 4)."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    SUPPRESSED = "suppressed"
    FALSE_POSITIVE = "false_positive"


class Priority(StrEnum):
    """How soon somebody means to act (contract section 4)."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Resolution(StrEnum):
    """Why a finding is resolved."""

    FIXED = "fixed"
    RESOURCE_GONE = "resource_gone"
    MANUAL = "manual"


class Observation(BaseModel):
    """What one rule found at one subject in one scan: immutable, with its evidence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule_id: str
    resource_id: str = Field(description="ARM id of the subject")
    discriminator: str = Field(default="", description="tells several findings of a rule at a subject apart")
    evaluated_id: str = Field(description="ARM id of the resource the rule evaluated; often the subject")
    subscription_id: str
    resource_group: str
    resource_name: str
    resource_type: str = Field(description="UPPER_SNAKE name, such as NSG_RULE")
    severity: Severity
    title: str
    description: str
    risk_score: int = Field(ge=0, le=100)
    cvss_score: float | None = Field(default=None, ge=0, le=10)
    auto_remediable: bool
    remediation_steps: tuple[str, ...]
    evidence: dict[str, Any]
    tags: dict[str, str] = Field(
        default={}, description="of the resource, where a suppression asked for them"
    )

    @property
    def fingerprint(self) -> str:
        """Identity of the problem over all scans."""
        return fingerprint(self.rule_id, self.resource_id, self.discriminator)


def fingerprint(rule_id: str, resource_id: str, discriminator: str = "") -> str:
    """32 hex digits of SHA-256 over rule, lower-cased subject and discriminator."""
    text = "\n".join((rule_id, resource_id.lower(), discriminator))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class ChangedField(BaseModel):
    """One member of a record before and after a change, as JSON shows it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str
    before: Any = None
    after: Any = None


class ChangeSource(StrEnum):
    """What changed a record."""

    PERSON = "person"
    SCAN = "scan"
    SUPPRESSION = "suppression"


class FindingChange(BaseModel):
    """An entry of a finding's history. `number` counts from 1 without gaps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=1)
    at: datetime
    source: ChangeSource
    by: str = Field(description="principal id, scan id or suppression id")
    request_id: str | None = Field(default=None, description="the call that did it; None where no call did")
    fields: tuple[ChangedField, ...]


class Finding(BaseModel):
    """The record of a problem. `observation` is the latest one; people's fields survive every scan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    fingerprint: str
    observation: Observation
    status: FindingStatus = FindingStatus.OPEN
    scan_id: str = Field(description="the scan that observed it last")
    detected_at: datetime = Field(description="first seen; never changes")
    last_seen_at: datetime
    read_at: datetime = Field(description="read time of the data behind the latest word on it")
    reopened_at: datetime | None = None
    assigned_to: str | None = None
    priority: Priority | None = None
    resolved_by: str | None = None
    resolved_at: datetime | None = None
    resolution: Resolution | None = None
    resolution_notes: str | None = None
    github_issue_url: str | None = None
    suppressed_by: str | None = Field(default=None, description="id of the suppression that silences it")
    before_suppression: FindingStatus | None = Field(default=None, description="state to go back to")
    waived: tuple[str, ...] = Field(default=(), description="suppressions that a person overruled here")
    missed: bool = Field(default=False, description="the last scan that ran its rule did not look at it")
    changes: int = Field(default=0, description="entries of its history")
    last_change: FindingChange | None = None

    @property
    def since(self) -> datetime:
        """When the present trouble began: first seen, or reopened."""
        return self.reopened_at or self.detected_at


class FrozenFinding(BaseModel):
    """A member of a terminal scan: the observation as finalised, under the record's id (contract, B-03)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    fingerprint: str
    scan_id: str
    detected_at: datetime
    observation: Observation
