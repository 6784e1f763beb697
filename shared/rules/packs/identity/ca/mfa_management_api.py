"""`identity.ca.mfa_management_api`."""

from shared.domain.severity import Severity
from shared.rules.packs.identity._conditional_access import (
    POLICIES,
    POLICIES_REFERENCE,
    all_users,
    applications,
    policy,
    requires_mfa,
    unconditional,
)
from shared.rules.packs.identity._tenant import tenant_metadata
from shared.rules.related_rule import subscription_has

_MANAGEMENT = ("797f4846-ba00-4fd7-ba43-dac1f8f63013", "40a69793-8fe6-4db1-9591-dbc5c57b17d8")
"""Windows Azure Service Management API, and its like in Azure Government."""

METADATA = tenant_metadata(
    "identity.ca.mfa_management_api",
    ("Azure management API needs MFA", "No policy requires MFA for Azure management"),
    (
        "No Conditional Access policy in force requires multifactor authentication of all users for Azure "
        "management: portal, command line and API."
    ),
    Severity.HIGH,
    78,
    reads=(POLICIES,),
    references=(
        POLICIES_REFERENCE,
        "https://learn.microsoft.com/entra/identity/conditional-access/policy-old-require-mfa-azure-mgmt",
    ),
    steps=(
        (
            "Create a policy for all users and Windows Azure Service Management API that requires "
            "multifactor authentication"
        ),
    ),
)
RULE = subscription_has(
    METADATA,
    policy(all_users, applications(*_MANAGEMENT), unconditional(), requires_mfa),
    "has no policy that requires MFA of all users for Azure management",
)
