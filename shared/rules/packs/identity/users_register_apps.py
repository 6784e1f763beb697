"""`identity.users_register_apps`."""

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
    "identity.users_register_apps",
    ("Ordinary users cannot register applications", "Ordinary users can register applications"),
    (
        "Every user may register applications, which get identities and credentials of their own that "
        "nobody reviewed."
    ),
    Severity.MEDIUM,
    50,
    reads=(AUTHORIZATION_POLICY,),
    references=(
        *AUTHORIZATION_REFERENCES,
        "https://learn.microsoft.com/entra/fundamentals/users-default-permissions",
    ),
    steps=(
        "Entra admin center > Users > User settings: set Users can register applications to No",
        "Give the role Application Developer to those who need it",
    ),
)
RULE = tenant_setting(METADATA, flag_is(f"{DEFAULT_USER}.allowedToCreateApps", False))
