"""Wire models of the configuration: B-12, B-13 (B.Config) and its history."""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from shared.api.v1 import NextLink
from shared.api.wire import Name, RequestBody, ResponseBody, WireTime, refused
from shared.domain.config import DEFAULT_EXPIRING_DAYS, DEFAULT_SLA_DAYS, SLACK_MASK, Config
from shared.domain.errors import FieldError, InvalidRequestError, Reason
from shared.domain.finding import ChangedField
from shared.domain.severity import Severity

MAX_WEBHOOK: Final = 500
_EMAIL: Final = re.compile(
    r"[^@\s<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", re.ASCII
)


def _webhook(value: str) -> str:
    """Slack's own addresses alone: whatever is here is called by the service (no SSRF by configuration)."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise refused(Reason.INVALID_FORMAT, "must be an address of https://hooks.slack.com/") from error
    if (
        not value.isascii()
        or not value.isprintable()
        or " " in value
        or parts.scheme != "https"
        or parts.netloc not in ("hooks.slack.com", "hooks.slack-gov.com")
        or port is not None
        or len(parts.path) < 2
    ):
        raise refused(Reason.INVALID_FORMAT, "must be an address of https://hooks.slack.com/")
    return value


def _email(value: str) -> str:
    if not _EMAIL.fullmatch(value):
        raise refused(Reason.INVALID_FORMAT, "must be an e-mail address")
    return value


Webhook = Annotated[str, Field(max_length=MAX_WEBHOOK), AfterValidator(_webhook)]
Email = Annotated[str, Field(max_length=254), AfterValidator(_email)]
Days = Annotated[int, Field(ge=1, le=3650)]


class NotificationSettingsBody(RequestBody):
    """Where notifications go."""

    slack_webhook: Webhook | None = Field(
        default=None, description=f"Shown as `{SLACK_MASK}`; sent back like that, the stored one is kept"
    )
    email_recipients: tuple[Email, ...] = Field(default=(), max_length=100)


class SeverityThresholdsBody(RequestBody):
    """Lowest CVSS score of each severity: 10 >= critical > high > medium > 0."""

    critical: float = Field(default=9.0, gt=0, le=10)
    high: float = Field(default=7.0, gt=0, le=10)
    medium: float = Field(default=4.0, gt=0, le=10)


class SlaDays(RequestBody):
    """Days from first sight to the due date."""

    critical: Days = DEFAULT_SLA_DAYS[Severity.CRITICAL]
    high: Days = DEFAULT_SLA_DAYS[Severity.HIGH]
    medium: Days = DEFAULT_SLA_DAYS[Severity.MEDIUM]
    low: Days = DEFAULT_SLA_DAYS[Severity.LOW]


class ConfigBody(RequestBody):
    """B-13: the whole document; a missing member takes its default."""

    scan_interval_minutes: int = Field(default=60, ge=5, le=10_080)
    auto_remediation_enabled: bool = False
    notification_settings: NotificationSettingsBody = NotificationSettingsBody()
    severity_thresholds: SeverityThresholdsBody = SeverityThresholdsBody()
    environments: dict[Name, Annotated[tuple[Name, ...], Field(max_length=1000)]] = Field(
        default={}, max_length=100, description="Environment -> subscription ids; goes before the setting"
    )
    sla_days: SlaDays = SlaDays()
    expiring_days: Days = DEFAULT_EXPIRING_DAYS

    def document(self) -> Config:
        """The document.

        Raises:
            InvalidRequestError: the thresholds do not descend.
        """
        thresholds = self.severity_thresholds
        errors = []
        for upper, lower in (("critical", "high"), ("high", "medium")):
            if not getattr(thresholds, upper) > getattr(thresholds, lower):
                field = f"severity_thresholds.{lower}"
                message = f"Severity thresholds {lower} must be less than {upper}"
                errors.append(FieldError(field, Reason.OUT_OF_RANGE, message))
        if errors:
            raise InvalidRequestError(errors)
        return Config.model_validate(self.model_dump())


class NotificationSettingsState(ResponseBody):
    """Where notifications go; the webhook is masked."""

    slack_webhook: str | None
    email_recipients: tuple[str, ...]


class SeverityThresholdsState(ResponseBody):
    """Lowest CVSS score of each severity."""

    critical: float
    high: float
    medium: float


class ConfigState(ResponseBody):
    """B-12: the document as readers see it."""

    scan_interval_minutes: int
    auto_remediation_enabled: bool
    notification_settings: NotificationSettingsState
    severity_thresholds: SeverityThresholdsState
    environments: dict[str, tuple[str, ...]]
    sla_days: dict[str, int]
    expiring_days: int


def config_state(config: Config) -> ConfigState:
    """The document without its secrets."""
    return ConfigState.model_validate(config.masked().model_dump(mode="json"))


class ConfigHistoryEntry(ResponseBody):
    """One replacement of the document."""

    number: int
    at: WireTime
    by: str
    request_id: str
    fields: tuple[ChangedField, ...]


class ConfigHistoryPage(ResponseBody):
    """Changes newest first."""

    history: tuple[ConfigHistoryEntry, ...]
    total: int
    limit: int
    offset: int
    next_link: NextLink
