"""Application permissions that Microsoft Graph asks for, by kind of object.

Sources: the permission tables of the v1.0 reference pages
(github.com/microsoftgraph/microsoft-graph-docs-contrib, api-reference/v1.0: ``application-list``,
``serviceprincipal-list``, ``group-list``, ``group-list-transitivemembers``, ``user-list``,
``directoryrole-list``, ``group-list-settings``, ``conditionalaccessroot-list-policies``,
``authorizationpolicy-get``, ``authenticationmethodspolicy-get``, ``rbacapplication-list-roleassignments``,
``authenticationmethodsroot-list-userregistrationdetails``, ``directoryobject-getbyids``). Any one of a
tuple suffices.
"""

from typing import Final

_DIRECTORY: Final = ("Directory.Read.All", "Directory.ReadWrite.All")

APPLICATIONS: Final = (
    "Application.Read.All",
    "Application.ReadWrite.OwnedBy",
    "Application.ReadWrite.All",
    *_DIRECTORY,
)
FEDERATED_CREDENTIALS: Final = APPLICATIONS[:3]
GROUPS: Final = ("GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", *_DIRECTORY)
USERS: Final = ("User.Read.All", "User.ReadWrite.All", *_DIRECTORY)
ROLES: Final = (
    "RoleManagement.Read.Directory",
    "RoleManagement.Read.All",
    "RoleManagement.ReadWrite.Directory",
    *_DIRECTORY,
)
GROUP_SETTINGS: Final = ("GroupSettings.Read.All", "GroupSettings.ReadWrite.All", *_DIRECTORY)
POLICIES: Final = ("Policy.Read.All",)
CONDITIONAL_ACCESS: Final = ("Policy.Read.ConditionalAccess", "Policy.Read.All")
AUTHORIZATION_POLICY: Final = ("Policy.Read.All", "Policy.ReadWrite.Authorization")
AUTHENTICATION_METHODS: Final = (
    "Policy.Read.AuthenticationMethod",
    "Policy.Read.All",
    "Policy.ReadWrite.AuthenticationMethod",
)
REGISTRATION_DETAILS: Final = ("AuditLog.Read.All", "UserAuthenticationMethod.Read.All")
SIGN_IN_ACTIVITY: Final = ("AuditLog.Read.All",)

SCANNER_PERMISSIONS: Final = (
    "Application.Read.All",
    "AuditLog.Read.All",
    "GroupMember.Read.All",
    "GroupSettings.Read.All",
    "Policy.Read.All",
    "RoleManagement.Read.Directory",
    "User.Read.All",
)
"""The least privileged permissions that read everything served here."""

DIRECTORY_OBJECTS: Final = {
    "user": USERS,
    "group": GROUPS,
    "servicePrincipal": APPLICATIONS,
    "application": APPLICATIONS,
    "directoryRole": ROLES,
    "device": ("Device.Read.All", *_DIRECTORY),
}
"""Kind of directory object -> what reading its properties needs."""
