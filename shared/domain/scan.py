"""A scan: what was asked for, where it stands, and what it found in total (contract sections 5 and 6)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.severity import ORDER, Severity


class ScanType(StrEnum):
    """What to look at (contract section 4)."""

    FULL = "full"
    CVE_ONLY = "cve_only"
    CREDENTIALS_ONLY = "credentials_only"
    COMPLIANCE_ONLY = "compliance_only"
    CONTAINER = "container"
    IAC = "iac"
    GIT_SECRETS = "git_secrets"
    NETWORK = "network"
    K8S_SECURITY = "k8s_security"


class ScanStatus(StrEnum):
    """Internal states; everything before a terminal one is shown as `running` (contract C-09)."""

    QUEUED = "queued"
    PLANNING = "planning"
    RUNNING = "running"
    FINALIZING = "finalizing"
    RESUMING = "resuming"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """Whether the scan is over (unless somebody resumes it)."""
        return self in TERMINAL

    @property
    def working(self) -> bool:
        """Whether pages and shards are worked on: neither over, nor about to be, nor being taken up again."""
        return self in (ScanStatus.QUEUED, ScanStatus.PLANNING, ScanStatus.RUNNING)

    @property
    def resumable(self) -> bool:
        """Whether X-02b accepts it."""
        return self in (ScanStatus.CANCELLED, ScanStatus.FAILED, ScanStatus.PARTIAL)

    @property
    def shown(self) -> str:
        """The status as callers see it."""
        return self.value if self.terminal else "running"


TERMINAL: Final = frozenset(
    {ScanStatus.COMPLETED, ScanStatus.PARTIAL, ScanStatus.FAILED, ScanStatus.CANCELLED}
)


class NotificationChannel(StrEnum):
    """Where the outcome may be announced (contract section 4)."""

    SLACK = "slack"
    EMAIL = "email"
    WEBHOOK = "webhook"
    EVENTGRID = "eventgrid"
    TEAMS = "teams"


class ScanRequest(BaseModel):
    """What both surfaces' bodies come down to (contract C-02, C-10)."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    scan_type: ScanType = ScanType.FULL
    environment: str = "production"
    subscriptions: tuple[str, ...] | None = Field(
        default=None, description="subscription ids; None = every one the identity can read"
    )
    resource_group: str | None = None
    target_resources: tuple[str, ...] = ()
    compliance_frameworks: tuple[str, ...] = ()
    execute_actions: bool = False
    create_issues: bool = False
    severity_filter: tuple[Severity, ...] = ()
    notification_channels: tuple[NotificationChannel, ...] = ()
    custom_rules: tuple[str, ...] = Field(
        default=(), description="the rules to run, all of them rules of the scan type; empty = all of those"
    )
    after_change: bool = Field(
        default=False,
        description="a rescan of changed resources: they are read anew from Resource Manager, only rules "
        "about their types run, and what the network join ties to them is judged too",
    )

    @property
    def narrow(self) -> bool:
        """Whether less was asked for than every rule of the scan type over whole subscriptions."""
        return self.resource_group is not None or bool(self.target_resources) or bool(self.custom_rules)


class ScanTotals(BaseModel):
    """What a scan counted. Severities are those that its `severity_filter` keeps."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    resources_scanned: int = 0
    by_severity: dict[Severity, int] = Field(default_factory=lambda: dict.fromkeys(ORDER, 0))
    found_by_severity: dict[Severity, int] | None = Field(
        default=None, description="all findings, where the filter left some out"
    )
    auto_remediable: int = 0
    exposures: int = 0
    attack_paths: int = 0
    attack_paths_omitted: int = Field(default=0, description="found, and less severe than those kept")
    failures: int = 0
    expiring_soon: int | None = Field(
        default=None, description="findings about credentials that expire soon; None = nothing counted them"
    )

    @property
    def findings(self) -> int:
        """All findings of the scan."""
        return sum(self.by_severity.values())

    @property
    def unfiltered(self) -> dict[Severity, int]:
        """What was found by severity, whatever the filter keeps (contract C-11)."""
        return self.by_severity if self.found_by_severity is None else self.found_by_severity


class ScanError(BaseModel):
    """Something asked for that this scan could not do: `not_available`, `denied` or `failed`."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    subject: str = Field(description="the action or scanner, such as execute_actions or cve")
    reason: str
    message: str


class CheckState(BaseModel):
    """The repeated check: its running number, when it ran, and when it last saw progress."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    number: int = 0
    checked_at: datetime | None = None
    progress_at: datetime | None = None
    progress: tuple[int, int, int] = Field(default=(0, 0, 0), description="pages, shards, markers seen then")
    restarts: int = Field(default=0, description="by the sweeper, since a check last got through")
    nudges: int = Field(default=0, description="times in a row that standing still was answered in vain")


class Scan(BaseModel):
    """The scan's row: changed only by conditional writes."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    scan_id: str
    request: ScanRequest
    status: ScanStatus = ScanStatus.QUEUED
    created_at: datetime
    estimated_completion: datetime
    requested_by: str
    expiring_days: int | None = Field(
        default=None,
        description="what ends sooner is expiring soon, as configured at its start; None = default",
    )
    completed_at: datetime | None = None
    run: int = Field(default=1, description="1, and one more at each resume")
    plan_attempt: int = Field(default=1, description="raised before a plan message is sent again")
    ledger: str | None = Field(default=None, description="blob of the coverage ledger it ended with")
    check: CheckState = CheckState()
    totals: ScanTotals = ScanTotals()
    errors: tuple[ScanError, ...] = ()
    result_shards: tuple[str, ...] | None = Field(
        default=None, description="shards whose rows belong to the result; None = all of them"
    )

    @property
    def duration_seconds(self) -> int | None:
        """Whole seconds from creation to completion (contract I-1); None while running."""
        if self.completed_at is None:
            return None
        return int((self.completed_at - self.created_at).total_seconds())
