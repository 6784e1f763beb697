"""The paths of Microsoft Graph that are served, what opens each and what may be filtered there.

Path names and options: learn.microsoft.com/graph/api (v1.0).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from devhost.azure import graph_permissions as permissions


@dataclass(frozen=True, slots=True)
class Collection:
    """A list: any of ``needs`` opens it, ``filterable`` properties may stand in ``$filter``."""

    needs: Sequence[str]
    filterable: Sequence[str] = ()
    with_items: bool = False
    """Whether ``{collection}/{id}`` is served too."""


_REPORT: Final = "reports/authenticationMethods/userRegistrationDetails"
COLLECTIONS: Final[Mapping[str, Collection]] = {
    path.lower(): collection
    for path, collection in {
        "applications": Collection(permissions.APPLICATIONS, ("id", "appId"), True),
        "servicePrincipals": Collection(
            permissions.APPLICATIONS, ("id", "appId", "servicePrincipalType", "accountEnabled"), True
        ),
        "groups": Collection(permissions.GROUPS, ("id", "securityEnabled"), True),
        "users": Collection(permissions.USERS, ("id", "userType", "accountEnabled"), True),
        "directoryRoles": Collection(permissions.ROLES, ("roleTemplateId",), True),
        "groupSettings": Collection(permissions.GROUP_SETTINGS),
        "identity/conditionalAccess/policies": Collection(permissions.CONDITIONAL_ACCESS, ("state",), True),
        "identity/conditionalAccess/namedLocations": Collection(permissions.CONDITIONAL_ACCESS, (), True),
        "roleManagement/directory/roleAssignments": Collection(
            permissions.ROLES, ("principalId", "roleDefinitionId")
        ),
        "roleManagement/directory/roleDefinitions": Collection(permissions.ROLES, ("isBuiltIn",), True),
        _REPORT: Collection(permissions.REGISTRATION_DETAILS, ("isAdmin", "isMfaCapable", "userType")),
    }.items()
}
SINGLE_OBJECTS: Final[Mapping[str, Sequence[str]]] = {
    path.lower(): needs
    for path, needs in {
        "policies/authorizationPolicy": permissions.AUTHORIZATION_POLICY,
        "policies/authenticationMethodsPolicy": permissions.AUTHENTICATION_METHODS,
        "policies/deviceRegistrationPolicy": ("Policy.Read.DeviceConfiguration", "Policy.Read.All"),
        "policies/identitySecurityDefaultsEnforcementPolicy": permissions.POLICIES,
    }.items()
}
RELATED: Final[Mapping[tuple[str, str], tuple[str, Sequence[str]]]] = {
    (path.lower(), relation.lower()): (relation, needs)
    for path, relation, needs in (
        ("applications", "federatedIdentityCredentials", permissions.FEDERATED_CREDENTIALS),
        ("applications", "owners", permissions.APPLICATIONS),
        ("servicePrincipals", "owners", permissions.APPLICATIONS),
        ("servicePrincipals", "appRoleAssignments", permissions.APPLICATIONS),
        ("groups", "members", permissions.GROUPS),
        ("groups", "transitiveMembers", permissions.GROUPS),
        ("directoryRoles", "members", permissions.ROLES),
    )
}
