"""Which consent policies let ordinary users grant applications access to their data.

`defaultUserRolePermissions.permissionGrantPoliciesAssigned` of the authorization policy (Graph v1.0): entries
`managePermissionGrantsForSelf.<policy>`; an empty list means that users consent to nothing. Entries that
begin otherwise are about resources that a user owns.
"""

from __future__ import annotations

from typing import Final

from shared.rules.columns import ColumnError, value_at
from shared.rules.expectations import Columns
from shared.rules.packs.identity._tenant import DEFAULT_USER

CONSENT_PATH: Final = f"{DEFAULT_USER}.permissionGrantPoliciesAssigned"
CONSENT_PAGE: Final = "https://learn.microsoft.com/entra/identity/enterprise-apps/configure-user-consent"
_PREFIX: Final = "managepermissiongrantsforself."


def consent_policies(columns: Columns) -> list[str]:
    """Lower-cased names of the policies for a user's own consent.

    Raises:
        ColumnError: the list is missing, or not one of text.
    """
    value = value_at(columns, CONSENT_PATH)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ColumnError(f"{CONSENT_PATH}: {'missing' if value is None else 'not a list of text'}")
    return [one.lower().removeprefix(_PREFIX) for one in value if one.lower().startswith(_PREFIX)]
