"""Settings of events: what is read, and what is refused without repeating it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.settings import SettingsError
from tests.unit.api.test_settings import read

FERNET = "3q2-7w" + "A" * 37 + "="


def test_defaults() -> None:
    events = read().events
    assert (events.keep, events.scan_interval_minutes, events.local) == (timedelta(days=30), 60, False)
    assert events.email is None and events.sealing_keys == ()


def test_mail() -> None:
    mail = {
        "SECURITY_COPILOT_EMAIL_RECIPIENTS": "a@company.com, b@company.com",
        "SECURITY_COPILOT_EMAIL_SENDER": "scanner@company.com",
        "SECURITY_COPILOT_SMTP_URL": "smtp://user:p%40ss@mail.company.com",
    }
    events = read(**mail).events
    assert events.email_recipients == ("a@company.com", "b@company.com")
    assert events.email is not None and events.email.smtp is not None
    smtp = events.email.smtp
    assert (smtp.host, smtp.port, smtp.user, smtp.implicit_tls) == ("mail.company.com", 587, "user", False)
    assert smtp.password is not None and smtp.password.get_secret_value() == "p@ss"
    assert "p@ss" not in repr(events)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECURITY_COPILOT_EVENT_DAYS", "0"),
        ("SECURITY_COPILOT_SEALING_KEYS", "hunter2"),
        ("SECURITY_COPILOT_SEALING_KEYS", f"{FERNET},hunter2"),
        ("SECURITY_COPILOT_RESCAN_QUIET_SECONDS", "0"),
        ("SECURITY_COPILOT_SCAN_INTERVAL_MINUTES", "1.5"),
        ("SECURITY_COPILOT_NOTIFY_SEVERITY", "hunter2"),
        ("SECURITY_COPILOT_SLACK_WEBHOOK", "http://hunter2.example/"),
        ("SECURITY_COPILOT_TEAMS_WEBHOOK", "hunter2"),
        ("SECURITY_COPILOT_EMAIL_RECIPIENTS", "hunter2"),
        ("SECURITY_COPILOT_EMAIL_RECIPIENTS", "good@company.com"),
        ("SECURITY_COPILOT_SMTP_URL", "http://hunter2.example"),
        ("SECURITY_COPILOT_SMTP_URL", "smtp://hunter2:x@y:99999"),
    ],
)
def test_what_is_refused(name: str, value: str) -> None:
    sender = {"SECURITY_COPILOT_EMAIL_SENDER": "scanner@company.com"} if "SMTP" in name else {}
    with pytest.raises(SettingsError) as failed:
        read(**{name: value, **sender})
    assert name in str(failed.value) and "hunter2" not in str(failed.value)


def test_sealing_keys() -> None:
    assert len(read(SECURITY_COPILOT_SEALING_KEYS=f"{FERNET}, {FERNET}").events.sealing_keys) == 2
