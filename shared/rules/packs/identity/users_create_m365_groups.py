"""`identity.users_create_m365_groups`."""

from shared.domain.severity import Severity
from shared.rules.expectations import MET, Verdict, unmet
from shared.rules.packs.identity._directory_settings import (
    GROUP_SETTINGS,
    SETTINGS_REFERENCE,
    UNIFIED_GROUPS,
    Values,
    directory_setting,
    is_true,
)
from shared.rules.packs.identity._tenant import tenant_metadata


def _judge(values: Values) -> Verdict:
    if is_true(values, "EnableGroupCreation", default=True):
        return unmet("EnableGroupCreation of Group.Unified is true, which is its default, expected false")
    return MET


METADATA = tenant_metadata(
    "identity.users_create_m365_groups",
    (
        "Ordinary users cannot create Microsoft 365 groups",
        "Ordinary users can create Microsoft 365 groups",
    ),
    (
        "Every user may create Microsoft 365 groups, each with a mailbox, a site and guests that nobody "
        "manages."
    ),
    Severity.LOW,
    20,
    reads=(GROUP_SETTINGS,),
    references=(
        SETTINGS_REFERENCE,
        "https://learn.microsoft.com/microsoft-365/solutions/manage-creation-of-groups",
    ),
    steps=(
        "Entra admin center > Groups > General: let no users create Microsoft 365 groups",
        "Name a group whose members may in GroupCreationAllowedGroupId",
    ),
)
RULE = directory_setting(METADATA, UNIFIED_GROUPS, _judge)
