"""The part of the settings that says how events leave, where notifications go, and what starts by itself."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import timedelta
from typing import Final
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from shared.domain.severity import Severity
from shared.settings_reader import SettingsReader, Variable

MAX_RECIPIENTS: Final = 50
MAX_KEYS: Final = 10
MIN_EVENTGRID_KEY: Final = 24
_KEY: Final = re.compile(r"[A-Za-z0-9._~-]{1,256}")
"""Characters that stand in a query as they are (RFC 3986, 2.3)."""
_ORIGIN: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_ADDRESS: Final = re.compile(r"[^@\s<>,;\"]{1,64}@[A-Za-z0-9.-]{1,255}")
_SEALING: Final = "SECURITY_COPILOT_SEALING_KEYS"
_RECIPIENTS: Final = "SECURITY_COPILOT_EMAIL_RECIPIENTS"
_SMTP: Final = "SECURITY_COPILOT_SMTP_URL"
_ACS: Final = "SECURITY_COPILOT_EMAIL_ENDPOINT"
_EVENTGRID_KEYS: Final = "SECURITY_COPILOT_EVENTGRID_KEYS"
_EVENTGRID_ORIGINS: Final = "SECURITY_COPILOT_EVENTGRID_ORIGINS"
_SENDER: Final = "SECURITY_COPILOT_EMAIL_SENDER"

EVENT_VARIABLES: Final[tuple[Variable, ...]] = (
    Variable("SECURITY_COPILOT_EVENT_DAYS", "how long events and deliveries are kept, 1 to 365",
             default="30"),
    Variable(_SEALING, "comma list of Fernet keys that seal stored secrets, the first one in force; "
             "unsealed when unset", secret=True),
    Variable("SECURITY_COPILOT_RESCAN_QUIET_SECONDS", "a changed resource is scanned when nothing was "
             "written to it for so long, 0.5 to 3600", default="2"),
    Variable(_EVENTGRID_KEYS, "comma list of keys, each of at least 24 characters, one of which calls of "
             "POST /v1/eventgrid carry; that route is off when unset", secret=True),
    Variable(_EVENTGRID_ORIGINS, "comma list of origins that may deliver CloudEvents there",
             default="eventgrid.azure.net"),
    Variable("SECURITY_COPILOT_SCAN_INTERVAL_MINUTES", "interval of the built-in schedule `default`, which "
             "is off until it is enabled", default="60"),
    Variable("SECURITY_COPILOT_NOTIFY_SEVERITY", "least severity that a notification lists", default="high"),
    Variable("SECURITY_COPILOT_SLACK_WEBHOOK", "incoming webhook of Slack", secret=True),
    Variable("SECURITY_COPILOT_TEAMS_WEBHOOK", "workflow webhook of Microsoft Teams", secret=True),
    Variable(_RECIPIENTS, "comma list of addresses that notifications are mailed to"),
    Variable(_SENDER, "address that they come from"),
    Variable(_SMTP, "smtp:// or smtps://, with user and password where the server wants them", secret=True),
    Variable(_ACS, "Azure Communication Services that sends mail, with the identity, instead of SMTP"),
)  # fmt: skip


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class SmtpSettings(_Frozen):
    """A mail server. `implicit_tls`: TLS from the first byte; otherwise STARTTLS unless it is local."""

    host: str
    port: int
    user: str | None
    password: SecretStr | None
    implicit_tls: bool


class EmailSettings(_Frozen):
    """How mail is sent: exactly one of `smtp` and `endpoint`."""

    sender: str
    smtp: SmtpSettings | None
    endpoint: str | None


class EventSettings(_Frozen):
    """Feeds, notifications, what starts scans by itself. `local`: private receivers may be called."""

    keep: timedelta
    sealing_keys: tuple[SecretStr, ...]
    local: bool
    rescan_quiet: timedelta
    eventgrid_keys: tuple[SecretStr, ...]
    eventgrid_origins: tuple[str, ...]
    scan_interval_minutes: int
    notify_severity: Severity
    slack_webhook: SecretStr | None
    teams_webhook: SecretStr | None
    email_recipients: tuple[str, ...] = Field(default=(), max_length=MAX_RECIPIENTS)
    email: EmailSettings | None = None


def read_events(reader: SettingsReader) -> EventSettings | None:
    """Read this part; None when something is wrong, which the reader knows."""
    severity = reader.choice("SECURITY_COPILOT_NOTIFY_SEVERITY", Severity)
    keys = _sealing_keys(reader)
    recipients = _recipients(reader)
    email = _email(reader)
    if recipients and email is None:
        reader.problem(_RECIPIENTS, f"needs {_SENDER} and {_SMTP} or {_ACS}")
    if severity is None:
        return None
    return EventSettings(
        keep=timedelta(days=int(reader.number("SECURITY_COPILOT_EVENT_DAYS", 1, 365, whole=True))),
        sealing_keys=keys,
        local=reader.local,
        rescan_quiet=timedelta(seconds=reader.number("SECURITY_COPILOT_RESCAN_QUIET_SECONDS", 0.5, 3600)),
        eventgrid_keys=_eventgrid_keys(reader),
        eventgrid_origins=_eventgrid_origins(reader),
        scan_interval_minutes=int(
            reader.number("SECURITY_COPILOT_SCAN_INTERVAL_MINUTES", 1, 525_600, whole=True)
        ),
        notify_severity=severity,
        slack_webhook=_hook(reader, "SECURITY_COPILOT_SLACK_WEBHOOK"),
        teams_webhook=_hook(reader, "SECURITY_COPILOT_TEAMS_WEBHOOK"),
        email_recipients=recipients,
        email=email,
    )


def _hook(reader: SettingsReader, name: str) -> SecretStr | None:
    text = reader.text(name)
    if text is None:
        return None
    parts = urlsplit(text)
    if not parts.hostname or not (parts.scheme == "https" or (reader.local and parts.scheme == "http")):
        reader.problem(name, "must be an https URL")
    return SecretStr(text)


def _sealing_keys(reader: SettingsReader) -> tuple[SecretStr, ...]:
    text = reader.text(_SEALING)
    keys = [] if text is None else [one.strip() for one in text.split(",")]
    for key in keys:
        try:
            good = len(base64.b64decode(key, altchars=b"-_", validate=True)) == 32
        except (binascii.Error, ValueError):
            good = False
        if not good:
            reader.problem(
                _SEALING, "must be 32 bytes each in base64url, as Fernet.generate_key() gives them"
            )
            return ()
    if len(keys) > MAX_KEYS:
        reader.problem(_SEALING, f"may list {MAX_KEYS} keys")
    return tuple(SecretStr(key) for key in keys)


def _eventgrid_keys(reader: SettingsReader) -> tuple[SecretStr, ...]:
    keys = reader.text_list(_EVENTGRID_KEYS, MAX_KEYS)
    for key in keys:
        if len(key) < MIN_EVENTGRID_KEY or not _KEY.fullmatch(key):
            reader.problem(
                _EVENTGRID_KEYS, f"must be {MIN_EVENTGRID_KEY} or more of A-Z a-z 0-9 . _ ~ - each"
            )
            return ()
        reader.refuse_placeholder(_EVENTGRID_KEYS, key)
    return tuple(SecretStr(key) for key in keys)


def _eventgrid_origins(reader: SettingsReader) -> tuple[str, ...]:
    origins = tuple(one.lower() for one in reader.text_list(_EVENTGRID_ORIGINS, MAX_KEYS))
    if not all(_ORIGIN.fullmatch(one) for one in origins):
        reader.problem(_EVENTGRID_ORIGINS, "must be host names")
        return ()
    return origins


def _recipients(reader: SettingsReader) -> tuple[str, ...]:
    text = reader.text(_RECIPIENTS)
    found = [] if text is None else [one.strip() for one in text.split(",")]
    if len(found) > MAX_RECIPIENTS or any(not _ADDRESS.fullmatch(one) for one in found):
        reader.problem(_RECIPIENTS, f"must be at most {MAX_RECIPIENTS} mail addresses")
        return ()
    return tuple(dict.fromkeys(found))


def _email(reader: SettingsReader) -> EmailSettings | None:
    sender, smtp, endpoint = reader.text(_SENDER), reader.text(_SMTP), reader.url(_ACS, required=False)
    if smtp is None and endpoint is None:
        return None
    if smtp is not None and endpoint is not None:
        reader.problem(_SMTP, f"excludes {_ACS}")
    if sender is None or not _ADDRESS.fullmatch(sender):
        reader.problem(_SENDER, "must be the mail address that notifications come from")
        return None
    return EmailSettings(sender=sender, smtp=None if smtp is None else _smtp(reader, smtp), endpoint=endpoint)


def _smtp(reader: SettingsReader, text: str) -> SmtpSettings | None:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        reader.problem(_SMTP, "is no URL")
        return None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        reader.problem(_SMTP, "must begin with smtp:// or smtps:// and name a host")
        return None
    implicit = parts.scheme == "smtps"
    return SmtpSettings(
        host=parts.hostname,
        port=port or (465 if implicit else 587),
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else SecretStr(unquote(parts.password)),
        implicit_tls=implicit,
    )
