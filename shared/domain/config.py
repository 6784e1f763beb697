"""The service's configuration (B.Config): what administrators decide at run time. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.finding import ChangedField, Finding, FindingStatus
from shared.domain.severity import Severity

SLACK_MASK: Final = "https://hooks.slack.com/***"
"""What readers see of a webhook (contract C-17); sent back, it keeps the stored one."""

DEFAULT_SLA_DAYS: Final[Mapping[Severity, int]] = {
    Severity.CRITICAL: 7,
    Severity.HIGH: 30,
    Severity.MEDIUM: 90,
    Severity.LOW: 180,
}
DEFAULT_EXPIRING_DAYS: Final = 30


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class NotificationSettings(_Part):
    """Where notifications go. `slack_webhook` is a secret."""

    slack_webhook: str | None = None
    email_recipients: tuple[str, ...] = ()


class SeverityThresholds(_Part):
    """Lowest CVSS score of each severity; below the last one it is low."""

    critical: float = 9.0
    high: float = 7.0
    medium: float = 4.0


class Config(_Part):
    """The whole document; a missing member has its default."""

    scan_interval_minutes: int = 60
    auto_remediation_enabled: bool = False
    notification_settings: NotificationSettings = NotificationSettings()
    severity_thresholds: SeverityThresholds = SeverityThresholds()
    environments: dict[str, tuple[str, ...]] = Field(
        default={}, description="name -> subscription ids; goes before the setting ENVIRONMENTS"
    )
    sla_days: dict[Severity, int] = Field(
        default=dict(DEFAULT_SLA_DAYS), description="days to fix, by severity"
    )
    expiring_days: int = Field(default=DEFAULT_EXPIRING_DAYS, description="what ends sooner is expiring soon")

    def masked(self) -> Config:
        """As readers see it: without secrets."""
        if self.notification_settings.slack_webhook is None:
            return self
        shown = self.notification_settings.model_copy(update={"slack_webhook": SLACK_MASK})
        return self.model_copy(update={"notification_settings": shown})

    def keeping_secrets_of(self, stored: Config) -> Config:
        """With the stored webhook where this document carries the mask."""
        if self.notification_settings.slack_webhook != SLACK_MASK:
            return self
        kept = stored.notification_settings.slack_webhook
        settings = self.notification_settings.model_copy(update={"slack_webhook": kept})
        return self.model_copy(update={"notification_settings": settings})


class ConfigChange(_Part):
    """One replacement of the document. Secrets appear as their mask, and as changed."""

    number: int = Field(ge=1)
    at: datetime
    by: str
    request_id: str
    fields: tuple[ChangedField, ...]


class StoredConfig(_Part):
    """The document with the change that made it; `number` 0: never written, all defaults."""

    config: Config = Config()
    number: int = 0
    change: ConfigChange | None = None


def config_fields(before: Config, after: Config) -> tuple[ChangedField, ...]:
    """What differs, by dotted path; a webhook that changed shows masks only."""
    old, new = (_flat(one.masked().model_dump(mode="json")) for one in (before, after))
    changed = [
        ChangedField(field=name, before=old.get(name), after=new.get(name))
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]
    path = "notification_settings.slack_webhook"
    hooks = [one.notification_settings.slack_webhook for one in (before, after)]
    if hooks[0] != hooks[1] and path not in {one.field for one in changed}:
        changed.append(ChangedField(field=path, before=SLACK_MASK, after=SLACK_MASK))
    return tuple(changed)


def _flat(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in document.items():
        path = f"{prefix}{name}"
        flat |= _flat(value, f"{path}.") if isinstance(value, Mapping) else {path: value}
    return flat


def sla_due_at(record: Finding, sla_days: Mapping[Severity, int]) -> datetime | None:
    """When the present trouble should be over: its beginning and the days of its severity.

    None for what is suppressed or a false positive: nobody is to fix that.
    """
    if record.status in (FindingStatus.SUPPRESSED, FindingStatus.FALSE_POSITIVE):
        return None
    severity = record.observation.severity
    return record.since + timedelta(days=sla_days.get(severity, DEFAULT_SLA_DAYS[severity]))


def sla_breached(record: Finding, due: datetime | None, now: datetime) -> bool:
    """Whether it was, or is being, fixed too late."""
    if due is None:
        return False
    if record.status is FindingStatus.RESOLVED:
        return record.resolved_at is not None and record.resolved_at > due
    return now > due
