"""`identity.mfa_privileged_users`."""

from shared.domain.severity import Severity
from shared.rules.expectations import flag_is, where
from shared.rules.packs.identity._registration import PRINCIPAL_NAME, registration_metadata
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    registration_metadata(
        "identity.mfa_privileged_users",
        ("Every privileged user can do MFA", "Privileged user cannot do MFA"),
        (
            "A user with an administrative role of the directory has registered no strong method that is "
            "allowed: one password is all that protects the role."
        ),
        Severity.CRITICAL,
        92,
    ),
    where(flag_is("properties.isAdmin", True), flag_is("properties.isMfaCapable", True)),
    called=PRINCIPAL_NAME,
)
