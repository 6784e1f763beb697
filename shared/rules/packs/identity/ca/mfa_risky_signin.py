"""`identity.ca.mfa_risky_signin`."""

from shared.domain.severity import Severity
from shared.rules.expectations import Columns
from shared.rules.packs.identity._conditional_access import (
    POLICIES,
    POLICIES_REFERENCE,
    all_users,
    applications,
    policy,
    requires_mfa_or_blocks,
    unconditional,
    words_at,
)
from shared.rules.packs.identity._tenant import tenant_metadata
from shared.rules.related_rule import subscription_has


def _risky(columns: Columns) -> str | None:
    levels = set(words_at(columns, "properties.conditions.signInRiskLevels"))
    return None if levels >= {"medium", "high"} else "it is not about sign-ins of medium and high risk"


METADATA = tenant_metadata(
    "identity.ca.mfa_risky_signin",
    ("Risky sign-ins need MFA", "No policy requires MFA of risky sign-ins"),
    (
        "No Conditional Access policy in force requires multifactor authentication of all users, or "
        "blocks them, when a sign-in is of medium or high risk."
    ),
    Severity.MEDIUM,
    55,
    reads=(POLICIES,),
    references=(
        POLICIES_REFERENCE,
        "https://learn.microsoft.com/entra/identity/conditional-access/policy-risk-based-sign-in",
    ),
    steps=(
        (
            "Create a policy for all users and all resources with the sign-in risk levels medium and high "
            "that requires multifactor authentication, every time"
        ),
    ),
)
RULE = subscription_has(
    METADATA,
    policy(all_users, applications(), _risky, unconditional("signInRiskLevels"), requires_mfa_or_blocks),
    "has no policy that requires MFA of sign-ins of medium and high risk",
)
