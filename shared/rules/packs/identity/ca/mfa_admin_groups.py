"""`identity.ca.mfa_admin_groups`."""

from shared.domain.severity import Severity
from shared.rules.packs.identity._admin_roles import ADMIN_ROLES
from shared.rules.packs.identity._conditional_access import (
    POLICIES,
    POLICIES_REFERENCE,
    applications,
    policy,
    requires_mfa,
    unconditional,
    users_with,
)
from shared.rules.packs.identity._tenant import tenant_metadata
from shared.rules.related_rule import subscription_has

METADATA = tenant_metadata(
    "identity.ca.mfa_admin_groups",
    ("Administrators need MFA by policy", "No policy requires MFA of administrators"),
    (
        "No Conditional Access policy in force requires multifactor authentication of the administrative "
        "roles for all applications, whatever the circumstances."
    ),
    Severity.HIGH,
    80,
    reads=(POLICIES,),
    references=(
        POLICIES_REFERENCE,
        "https://learn.microsoft.com/entra/identity/conditional-access/policy-old-require-mfa-admin",
    ),
    steps=(
        (
            "Create a policy for the administrative directory roles and all resources that requires "
            "multifactor authentication"
        ),
        "Prefer phishing-resistant authentication strength for them",
    ),
)
RULE = subscription_has(
    METADATA,
    policy(users_with(ADMIN_ROLES), applications(), unconditional(), requires_mfa),
    "has no policy that requires MFA of all administrative roles",
)
