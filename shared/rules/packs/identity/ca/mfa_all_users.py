"""`identity.ca.mfa_all_users`."""

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

METADATA = tenant_metadata(
    "identity.ca.mfa_all_users",
    ("All users need MFA by policy", "No policy requires MFA of all users"),
    (
        "No Conditional Access policy in force requires multifactor authentication of all users for all "
        "applications, whatever the circumstances. Exclusions of single accounts and groups are not "
        "weighed."
    ),
    Severity.HIGH,
    78,
    reads=(POLICIES,),
    references=(
        POLICIES_REFERENCE,
        "https://learn.microsoft.com/entra/identity/conditional-access/policy-all-users-mfa-strength",
    ),
    steps=(
        "Create a policy for all users and all resources that requires multifactor authentication",
        "Exclude emergency access accounts only",
        "Try it in report-only mode, then turn it on",
    ),
)
RULE = subscription_has(
    METADATA,
    policy(all_users, applications(), unconditional(), requires_mfa),
    "has no policy that requires MFA of all users for all applications",
)
