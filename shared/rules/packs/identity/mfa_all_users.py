"""`identity.mfa_all_users`."""

from shared.domain.severity import Severity
from shared.rules.packs.identity._registration import CAPABLE_MEMBER, PRINCIPAL_NAME, registration_metadata
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    registration_metadata(
        "identity.mfa_all_users",
        ("Every user can do MFA", "User cannot do MFA"),
        (
            "A member of the directory has registered no strong method that is allowed: the password is all "
            "there is, and whoever has it can register a method first."
        ),
        Severity.HIGH,
        70,
    ),
    CAPABLE_MEMBER,
    called=PRINCIPAL_NAME,
)
