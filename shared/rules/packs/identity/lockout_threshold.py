"""`identity.lockout_threshold`."""

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

_MOST: Final = 10
"""Also the default (3 in Azure Government): see the page on smart lockout."""


def _judge(values: Values) -> Verdict:
    tries = number(values, "LockoutThreshold", _MOST)
    return (
        MET
        if tries <= _MOST
        else unmet(f"Accounts lock after {tries} failed tries, expected {_MOST} or fewer")
    )


METADATA = tenant_metadata(
    "identity.lockout_threshold",
    ("Accounts lock after at most ten tries", "Accounts lock after more than ten tries"),
    "Smart lockout lets passwords be guessed more than ten times before it locks an account.",
    Severity.LOW,
    30,
    reads=(GROUP_SETTINGS,),
    references=(
        SETTINGS_REFERENCE,
        "https://learn.microsoft.com/entra/identity/authentication/howto-password-smart-lockout",
    ),
    steps=(
        "Entra admin center > Authentication methods > Password protection: lockout threshold 10 or less",
    ),
)
RULE = directory_setting(METADATA, PASSWORD_RULES, _judge)
