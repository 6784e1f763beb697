"""`identity.banned_passwords`."""

from shared.domain.severity import Severity
from shared.rules.expectations import MET, Verdict, unmet
from shared.rules.packs.identity._directory_settings import (
    BANNED_WORDS,
    GROUP_SETTINGS,
    PASSWORD_RULES,
    SETTINGS_REFERENCE,
    Values,
    directory_setting,
    is_true,
    number,
)
from shared.rules.packs.identity._tenant import tenant_metadata


def _judge(values: Values) -> Verdict:
    if not is_true(values, "EnableBannedPasswordCheck", default=False):
        return unmet("The custom list of banned passwords is not enforced")
    if not number(values, BANNED_WORDS, 0):
        return unmet("The custom list of banned passwords is empty")
    return MET


METADATA = tenant_metadata(
    "identity.banned_passwords",
    ("Custom banned passwords are enforced", "Custom banned passwords are not enforced"),
    (
        "Passwords made of the organisation's own words (its name, products, places) are not refused: only "
        "the global list is in force."
    ),
    Severity.LOW,
    30,
    reads=(GROUP_SETTINGS,),
    references=(
        SETTINGS_REFERENCE,
        "https://learn.microsoft.com/entra/identity/authentication/concept-password-ban-bad",
    ),
    steps=(
        "Entra admin center > Authentication methods > Password protection: enforce the custom list",
        "Enter the words that belong to the organisation",
    ),
)
RULE = directory_setting(METADATA, PASSWORD_RULES, _judge)
