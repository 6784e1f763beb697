"""`identity.ca.token_protection`."""

from shared.domain.severity import Severity
from shared.rules.columns import value_at
from shared.rules.expectations import Columns
from shared.rules.packs.identity._conditional_access import (
    POLICIES,
    POLICIES_REFERENCE,
    policy,
)
from shared.rules.packs.identity._tenant import tenant_metadata
from shared.rules.related_rule import subscription_has


def _protects(columns: Columns) -> str | None:
    enabled = value_at(columns, "properties.sessionControls.secureSignInSession.isEnabled")
    return None if enabled is True else "it does not require token protection"


METADATA = tenant_metadata(
    "identity.ca.token_protection",
    ("Token protection is considered", "Token protection is not used"),
    (
        "No Conditional Access policy in force binds sign-in sessions to the device: a stolen token can "
        "be used elsewhere."
    ),
    Severity.LOW,
    25,
    reads=(POLICIES,),
    references=(
        POLICIES_REFERENCE,
        "https://learn.microsoft.com/entra/identity/conditional-access/concept-token-protection",
    ),
    steps=(
        (
            "Create a policy for Exchange Online and SharePoint Online on Windows that requires token "
            "protection for sign-in sessions"
        ),
        "Try it in report-only mode first",
    ),
)
RULE = subscription_has(
    METADATA,
    policy(_protects),
    "has no policy that requires token protection",
)
