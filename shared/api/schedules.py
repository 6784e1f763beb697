"""Wire models of schedules: X-12."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from shared.api.v1 import NextLink
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
from shared.domain.errors import InvalidRequestError, Reason
from shared.domain.ncrontab import MAX_EXPRESSION_LENGTH
from shared.domain.scan import NotificationChannel, ScanRequest, ScanType
from shared.domain.schedules import Cadence, Outcome, Schedule
from shared.domain.severity import ORDER
from shared.services.schedules import ScheduleChange, ScheduleDraft
from shared.services.start_scan import DEFAULT_ENVIRONMENT, EVERYTHING

MAX_MINUTES: Final = 525_600
MAX_JITTER: Final = 3_600
MANAGEMENT_GROUP: Final = r"^[A-Za-z0-9][-\w.()]*$"
"""Letters, digits, `-_.()` (learn.microsoft.com, naming rules of Microsoft.Management)."""

Cron = Annotated[str, Field(min_length=1, max_length=MAX_EXPRESSION_LENGTH)]
Minutes = Annotated[int, Field(ge=1, le=MAX_MINUTES)]
Zone = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$")]
Jitter = Annotated[int, Field(ge=0, le=MAX_JITTER)]


class ScheduledScan(RequestBody):
    """What a run scans: B-01's members over many subscriptions, a management group or an environment."""

    subscription_ids: tuple[Name, ...] = Field(default=(), max_length=MAX_ITEMS)
    management_group: Annotated[Name, Field(max_length=90, pattern=MANAGEMENT_GROUP)] | None = Field(
        default=None, description="Every subscription below it at the time of the run"
    )
    environment: Name | None = None
    resource_group: Annotated[Name, Field(max_length=MAX_RESOURCE_GROUP, pattern=RESOURCE_GROUP)] | None = (
        None
    )
    auto_remediate: bool = False
    create_issues: bool = False
    severity_filter: tuple[AnySeverity, ...] = Field(default=(), max_length=MAX_ITEMS)
    notification_channels: tuple[NotificationChannel, ...] = Field(default=(), max_length=MAX_ITEMS)
    custom_rules: tuple[Name, ...] = Field(default=(), max_length=MAX_ITEMS)
    scan_type: ScanType = ScanType.FULL
    compliance_frameworks: tuple[FrameworkName, ...] = Field(default=(), max_length=MAX_ITEMS)

    def request(self) -> ScanRequest:
        """The request of each run; a management group's subscriptions come in at the run.

        Raises:
            InvalidRequestError: subscriptions and a management group at once.
        """
        if self.subscription_ids and self.management_group is not None:
            raise InvalidRequestError.of(
                "scan.management_group",
                Reason.MUTUALLY_EXCLUSIVE,
                "Management group excludes subscription IDs",
            )
        somewhere = bool(self.subscription_ids) or self.management_group is not None
        return ScanRequest(
            scan_type=self.scan_type,
            environment=self.environment or (DEFAULT_ENVIRONMENT if somewhere else EVERYTHING),
            subscriptions=tuple(dict.fromkeys(self.subscription_ids)) or None,
            resource_group=self.resource_group,
            compliance_frameworks=tuple(dict.fromkeys(self.compliance_frameworks)),
            execute_actions=self.auto_remediate,
            create_issues=self.create_issues,
            severity_filter=tuple(severity for severity in ORDER if severity in self.severity_filter),
            notification_channels=tuple(dict.fromkeys(self.notification_channels)),
            custom_rules=tuple(dict.fromkeys(self.custom_rules)),
        )


class ScheduleBody(RequestBody):
    """X-12: a schedule. Exactly one of `cron` and `interval_minutes`."""

    name: Name
    cron: Cron | None = Field(default=None, description="NCRONTAB: second minute hour day month weekday")
    interval_minutes: Minutes | None = None
    time_zone: Zone = "UTC"
    jitter_seconds: Jitter = 0
    enabled: bool = True
    scan: ScheduledScan = ScheduledScan()

    def draft(self) -> ScheduleDraft:
        """In the terms of the use case.

        Raises:
            InvalidRequestError: see `ScheduledScan.request`.
        """
        cadence = Cadence(
            cron=self.cron,
            interval_minutes=self.interval_minutes,
            time_zone=self.time_zone,
            jitter_seconds=self.jitter_seconds,
        )
        group = self.scan.management_group
        return ScheduleDraft(self.name, cadence, self.scan.request(), group, self.enabled)


class SchedulePatch(RequestBody):
    """X-12: change members; those left out stay. `cron` replaces an interval, and the other way round."""

    name: Name | None = None
    cron: Cron | None = None
    interval_minutes: Minutes | None = None
    time_zone: Zone | None = None
    jitter_seconds: Jitter | None = None
    enabled: bool | None = None
    scan: ScheduledScan | None = None

    def change(self) -> ScheduleChange:
        """In the terms of the use case.

        Raises:
            InvalidRequestError: `cron` beside `interval_minutes`; see `ScheduledScan.request`.
        """
        if self.cron is not None and self.interval_minutes is not None:
            raise InvalidRequestError.of("cron", Reason.MUTUALLY_EXCLUSIVE, "Cron excludes interval_minutes")
        timed = (self.cron, self.interval_minutes, self.time_zone, self.jitter_seconds) != (None,) * 4
        scan = self.scan
        return ScheduleChange(
            name=self.name,
            cadence=self._changed if timed else None,
            target=None if scan is None else (scan.request(), scan.management_group),
            enabled=self.enabled,
        )

    def _changed(self, cadence: Cadence) -> Cadence:
        members: dict[str, object] = {}
        if self.cron is not None:
            members |= {"cron": self.cron, "interval_minutes": None}
        if self.interval_minutes is not None:
            members |= {"cron": None, "interval_minutes": self.interval_minutes}
        if self.time_zone is not None:
            members["time_zone"] = self.time_zone
        if self.jitter_seconds is not None:
            members["jitter_seconds"] = self.jitter_seconds
        return cadence.model_copy(update=members)


class RunView(ResponseBody):
    """X-12: the latest due time that was worked on."""

    due: WireTime
    at: WireTime
    outcome: Outcome
    scan_id: str | None
    message: str | None


class ScheduledScanView(ResponseBody):
    """X-12: what a run scans."""

    subscription_ids: tuple[str, ...]
    management_group: str | None
    environment: str
    resource_group: str | None
    auto_remediate: bool
    create_issues: bool
    severity_filter: tuple[str, ...]
    notification_channels: tuple[NotificationChannel, ...]
    custom_rules: tuple[str, ...]
    scan_type: ScanType
    compliance_frameworks: tuple[str, ...]


class ScheduleView(ResponseBody):
    """X-12: a schedule with its last and its next run."""

    schedule_id: str
    name: str
    built_in: bool
    cron: str | None
    interval_minutes: int | None
    time_zone: str
    jitter_seconds: int
    enabled: bool
    scan: ScheduledScanView
    created_at: WireTime
    last_run: RunView | None
    next_run: WireTime | None = Field(description="Before its part of the jitter")


class SchedulePage(ResponseBody):
    """X-12: schedules, the built-in one first, then newest first."""

    schedules: tuple[ScheduleView, ...]
    total: int
    limit: int
    offset: int
    next_link: NextLink


def schedule_view(schedule: Schedule) -> ScheduleView:
    """A schedule as the wire has it."""
    scan, run = schedule.scan, schedule.last_run
    return ScheduleView(
        schedule_id=schedule.schedule_id,
        name=schedule.name,
        built_in=schedule.built_in,
        cron=schedule.cadence.cron,
        interval_minutes=schedule.cadence.interval_minutes,
        time_zone=schedule.cadence.time_zone,
        jitter_seconds=schedule.cadence.jitter_seconds,
        enabled=schedule.enabled,
        scan=ScheduledScanView(
            subscription_ids=scan.subscriptions or (),
            management_group=schedule.management_group,
            environment=scan.environment,
            resource_group=scan.resource_group,
            auto_remediate=scan.execute_actions,
            create_issues=scan.create_issues,
            severity_filter=tuple(severity.value for severity in scan.severity_filter),
            notification_channels=scan.notification_channels,
            custom_rules=scan.custom_rules,
            scan_type=scan.scan_type,
            compliance_frameworks=scan.compliance_frameworks,
        ),
        created_at=schedule.created_at,
        last_run=None
        if run is None
        else RunView(due=run.due, at=run.at, outcome=run.outcome, scan_id=run.scan_id, message=run.message),
        next_run=schedule.next_due,
    )
