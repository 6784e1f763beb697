"""`identity.lockout_duration`."""

from typing import Final

from shared.domain.severity import Severity
from shared.rules.expectations import MET, Verdict, unmet
from shared.rules.packs.identity._directory_settings import (
    GROUP_SETTINGS,
    PASSWORD_RULES,
    SETTINGS_REFERENCE,
    Values,
    directory_setting,
    number,
)
from shared.rules.packs.identity._tenant import tenant_metadata

_LEAST: Final = 60
"""Seconds; also the default: see the page on smart lockout."""


def _judge(values: Values) -> Verdict:
    seconds = number(values, "LockoutDurationInSeconds", _LEAST)
    return (
        MET if seconds >= _LEAST else unmet(f"A lockout lasts {seconds} seconds, expected {_LEAST} or more")
    )


METADATA = tenant_metadata(
    "identity.lockout_duration",
    ("Lockout lasts a minute or more", "Lockout lasts less than a minute"),
    "Smart lockout lets passwords be guessed again less than a minute after it locked an account.",
    Severity.LOW,
    25,
    reads=(GROUP_SETTINGS,),
    references=(
        SETTINGS_REFERENCE,
        "https://learn.microsoft.com/entra/identity/authentication/howto-password-smart-lockout",
    ),
    steps=(
        "Entra admin center > Authentication methods > Password protection: lockout of 60 seconds or more",
    ),
)
RULE = directory_setting(METADATA, PASSWORD_RULES, _judge)
