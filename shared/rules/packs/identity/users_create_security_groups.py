"""`identity.users_create_security_groups`."""

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
    "identity.users_create_security_groups",
    ("Ordinary users cannot create security groups", "Ordinary users can create security groups"),
    "Every user may create security groups, which come to hold access that nobody manages.",
    Severity.LOW,
    20,
    reads=(AUTHORIZATION_POLICY,),
    references=(
        *AUTHORIZATION_REFERENCES,
        "https://learn.microsoft.com/entra/fundamentals/users-default-permissions",
    ),
    steps=("Entra admin center > Groups > General: let no users create security groups",),
)
RULE = tenant_setting(METADATA, flag_is(f"{DEFAULT_USER}.allowedToCreateSecurityGroups", False))
