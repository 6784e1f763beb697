"""`identity.ca.mfa_admin_portals`."""

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
    "identity.ca.mfa_admin_portals",
    ("Admin portals need MFA", "No policy requires MFA for admin portals"),
    (
        "No Conditional Access policy in force requires multifactor authentication of all users, or of "
        "the administrative roles, for the admin portals of Microsoft."
    ),
    Severity.HIGH,
    75,
    reads=(POLICIES,),
    references=(
        POLICIES_REFERENCE,
        "https://learn.microsoft.com/entra/identity/conditional-access/policy-old-require-mfa-admin-portals",
    ),
    steps=(
        (
            "Create a policy for the administrative directory roles and Microsoft Admin Portals that "
            "requires multifactor authentication"
        ),
    ),
)
RULE = subscription_has(
    METADATA,
    policy(users_with(ADMIN_ROLES), applications("MicrosoftAdminPortals"), unconditional(), requires_mfa),
    "has no policy that requires MFA for the admin portals",
)
