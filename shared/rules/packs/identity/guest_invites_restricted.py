"""`identity.guest_invites_restricted`."""

from shared.domain.severity import Severity
from shared.rules.expectations import is_one_of
from shared.rules.packs.identity._tenant import (
    AUTHORIZATION_POLICY,
    AUTHORIZATION_REFERENCES,
    tenant_metadata,
    tenant_setting,
)

METADATA = tenant_metadata(
    "identity.guest_invites_restricted",
    ("Only chosen admin roles invite guests", "People without a chosen admin role can invite guests"),
    (
        "Members, or even guests, may invite further guests: who is let into the directory is decided "
        "by everybody."
    ),
    Severity.MEDIUM,
    45,
    reads=(AUTHORIZATION_POLICY,),
    references=(
        *AUTHORIZATION_REFERENCES,
        "https://learn.microsoft.com/entra/external-id/external-collaboration-settings-configure",
    ),
    steps=(
        "Entra admin center > External Identities > External collaboration settings: let only users with "
        "specific admin roles invite guests",
    ),
)
RULE = tenant_setting(
    METADATA, is_one_of("properties.allowInvitesFrom", "adminsAndGuestInviters", "none", absent=None)
)
