"""`identity.users_create_tenants`."""

from shared.domain.severity import Severity
from shared.rules.expectations import flag_is
from shared.rules.packs.identity._tenant import (
    AUTHORIZATION_POLICY,
    AUTHORIZATION_REFERENCES,
    DEFAULT_USER,
    tenant_metadata,
    tenant_setting,
)

METADATA = tenant_metadata(
    "identity.users_create_tenants",
    ("Ordinary users cannot create tenants", "Ordinary users can create tenants"),
    (
        "Every user may create a new directory, and is its Global Administrator: a place outside of "
        "every policy of the organisation."
    ),
    Severity.MEDIUM,
    45,
    reads=(AUTHORIZATION_POLICY,),
    references=(
        *AUTHORIZATION_REFERENCES,
        "https://learn.microsoft.com/entra/fundamentals/users-default-permissions",
    ),
    steps=(
        "Entra admin center > Users > User settings: restrict non-admin users from creating tenants",
        "Give the role Tenant Creator to those who need it",
    ),
)
RULE = tenant_setting(METADATA, flag_is(f"{DEFAULT_USER}.allowedToCreateTenants", False))
