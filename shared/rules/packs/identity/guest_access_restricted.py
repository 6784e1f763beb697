"""`identity.guest_access_restricted`."""

from shared.domain.severity import Severity
from shared.rules.expectations import is_one_of
from shared.rules.packs.identity._tenant import (
    AUTHORIZATION_POLICY,
    AUTHORIZATION_REFERENCES,
    tenant_metadata,
    tenant_setting,
)

_RESTRICTED = "2af84b1e-32c8-42b7-82bc-daa82404023b"
"""Template of the role Restricted Guest User."""

METADATA = tenant_metadata(
    "identity.guest_access_restricted",
    ("Guests see only their own objects", "Guests see more than their own objects"),
    (
        "Guests may read the properties and memberships of other objects of the directory, up to what "
        "members may."
    ),
    Severity.MEDIUM,
    45,
    reads=(AUTHORIZATION_POLICY,),
    references=(
        *AUTHORIZATION_REFERENCES,
        "https://learn.microsoft.com/entra/identity/users/users-restrict-guest-permissions",
    ),
    steps=(
        "Entra admin center > External Identities > External collaboration settings: restrict guest user "
        "access to properties and memberships of their own directory objects",
    ),
)
RULE = tenant_setting(METADATA, is_one_of("properties.guestUserRoleId", _RESTRICTED, absent=None))
