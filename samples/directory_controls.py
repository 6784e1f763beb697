"""The tenant's directory: users, groups, applications with credentials, policies, directory roles."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from samples.arm import Resource, guid
from samples.controls import Furnishing, Setting, extension, own_draws, put, vary
from samples.subscription_controls import AUTHORIZATION, assignment
from samples.vault_controls import day_text
from samples.workloads import ROLES

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
"""Template id (learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference)."""
RESTRICTED_GUEST = "2af84b1e-32c8-42b7-82bc-daa82404023b"
MEMBER_LIKE_GUEST = "a0b1b346-4d3e-4e8b-98f8-753987be4970"
"""Guest user roles (learn.microsoft.com/graph/api/resources/authorizationpolicy)."""

AUTHORIZATION_POLICY = (
    Setting("identity.users_create_tenants", "properties.defaultUserRolePermissions.allowedToCreateTenants",
            False, True, 0.5),
    Setting("identity.users_register_apps", "properties.defaultUserRolePermissions.allowedToCreateApps",
            False, True, 0.5),
    Setting("identity.users_create_security_groups",
            "properties.defaultUserRolePermissions.allowedToCreateSecurityGroups", False, True, 0.5),
    Setting("identity.guest_access_restricted", "properties.guestUserRoleId", RESTRICTED_GUEST,
            MEMBER_LIKE_GUEST, 0.5),
    Setting("identity.guest_invites_restricted", "properties.allowInvitesFrom", "adminsAndGuestInviters",
            "everyone", 0.5),
)  # fmt: skip
_CONSENT = "properties.defaultUserRolePermissions.permissionGrantPoliciesAssigned"
_SELF = "ManagePermissionGrantsForSelf.microsoft-user-default-"
CONSENT = Setting("identity.consent.blocked", _CONSENT, [], [f"{_SELF}low"], 0.5)
DEVICE_POLICY = (
    Setting("identity.mfa_device_join", "properties.multiFactorAuthConfiguration", "required", "notRequired",
            0.5),
)  # fmt: skip
_FIRST_NAMES = (
    "Ada",
    "Ben",
    "Chloe",
    "Dmitri",
    "Elif",
    "Femi",
    "Greta",
    "Hiro",
    "Ines",
    "Jonas",
    "Kim",
    "Lea",
)
_APPS = ("orders-api", "billing-job", "ci-deploy", "partner-sync", "reporting", "legacy-portal", "mailer")


@dataclass
class Directory:
    """The objects that role assignments refer to, by id."""

    users: list[Resource] = field(default_factory=list)
    disabled: set[str] = field(default_factory=set)
    groups: list[Resource] = field(default_factory=list)
    principals: list[Resource] = field(default_factory=list)


def entity(path: str, object_id: str, **properties: Any) -> Resource:
    """A directory object as a line of an estate; `path` is that of its collection in Microsoft Graph."""
    return {
        "id": f"/graph/{path}/{object_id}",
        "name": str(properties.get("displayName", object_id)),
        "type": f"graph/{path}",
        "properties": {"id": object_id, **properties},
    }


def furnish(users: int, apps: int, rng: Random, now: datetime) -> tuple[Furnishing, Directory]:
    """A directory of about `users` people and `apps` applications, and what can be assigned roles."""
    done, directory = Furnishing.empty(), Directory()
    _people(done, directory, users, rng)
    for number in range(apps):
        _application(done, directory, number, rng, now)
    _policies(done, directory, rng)
    _administrators(done, directory, rng)
    logs = [{"category": category, "enabled": True} for category in ("AuditLogs", "OperationalLogs")]
    target = {"workspaceId": "", "logs": logs, "metrics": []}
    done.add(extension("", "microsoft.intune/diagnosticSettings", "to-logs", target))
    for role, definition in ROLES.items():
        properties = {"roleName": role, "type": "BuiltInRole", "assignableScopes": ["/"], "permissions": []}
        done.add(extension("", f"{AUTHORIZATION}/roleDefinitions", definition, properties))
    return done, directory


def _people(done: Furnishing, directory: Directory, count: int, rng: Random) -> None:
    for number in range(count):
        name = f"{_FIRST_NAMES[number % len(_FIRST_NAMES)]} {number:04d}"
        guest, enabled = rng.random() < 0.1, rng.random() >= 0.08
        user_id = guid(rng)
        user = entity("users", user_id, displayName=name, accountEnabled=enabled,
                      userType="Guest" if guest else "Member",
                      userPrincipalName=f"user{number}@contoso.example")  # fmt: skip
        directory.users.append(done.add(user))
        if not enabled:
            directory.disabled.add(user_id)
        capable = rng.random() < 0.8
        done.add(entity("reports/authenticationMethods/userRegistrationDetails", user_id, isAdmin=number < 2,
                        isMfaCapable=capable, isMfaRegistered=capable,
                        userType="guest" if guest else "member"))  # fmt: skip
    for number in range(max(1, count // 8)):
        members = [_id(one) for one in rng.sample(directory.users, min(4, len(directory.users)))]
        nested = [_id(directory.groups[-1])] if directory.groups and rng.random() < 0.4 else []
        group = entity("groups", guid(rng), displayName=f"Team {number:03d}", securityEnabled=True,
                       groupTypes=[], members=members + nested)  # fmt: skip
        directory.groups.append(done.add(group))


def _id(line: Resource) -> str:
    object_id: str = line["properties"]["id"]
    return object_id


def _application(done: Furnishing, directory: Directory, number: int, rng: Random, now: datetime) -> None:
    app_id, name = guid(rng), f"{_APPS[number % len(_APPS)]}-{number:03d}"
    passwords, keys = [], []
    days: list[int] = []
    for _ in range(rng.choices((0, 1, 2), weights=(2, 4, 1))[0]):
        days.append(rng.choice((-200, -5, 10, 25, 170, 3000)))
        passwords.append({"keyId": guid(rng), "displayName": "secret", "hint": "k3y", "startDateTime":
                          day_text(now, days[-1] - 365), "endDateTime": day_text(now, days[-1])})  # fmt: skip
    if rng.random() < 0.3:
        days.append(rng.choice((-30, 100, 300)))
        keys.append({"keyId": guid(rng), "type": "AsymmetricX509Cert", "usage": "Verify", "startDateTime":
                     day_text(now, days[-1] - 365), "endDateTime": day_text(now, days[-1])})  # fmt: skip
    federated = []
    if rng.random() < 0.3:
        branch = rng.choice(("repo:contoso/shop:ref:refs/heads/main", "repo:contoso/shop:environment:prod"))
        federated.append({"id": guid(rng), "name": "github", "issuer": "https://token.actions.githubusercontent.com",
                          "subject": branch, "audiences": ["api://AzureADTokenExchange"]})  # fmt: skip
    app = entity("applications", guid(rng), appId=app_id, displayName=name, passwordCredentials=passwords,
                 keyCredentials=keys, federatedIdentityCredentials=federated,
                 signInAudience="AzureADMyOrg")  # fmt: skip
    done.add(app)
    in_force = any(one["endDateTime"] > day_text(now, 0) for one in passwords)
    done.expect("identity.app_password_credential", app, not in_force, now.date().isoformat())
    # Neither past, nor within 30 days, nor further ahead than the 180 that the portal proposes.
    kept = all(30 < one <= 180 for one in days)
    done.expect("identity.app_credential_expiry", app, kept, now.date().isoformat())
    principal = entity("servicePrincipals", guid(rng), appId=app_id, displayName=name, accountEnabled=True,
                       servicePrincipalType="Application", passwordCredentials=[],
                       keyCredentials=[])  # fmt: skip
    directory.principals.append(done.add(principal))


def _policies(done: Furnishing, directory: Directory, rng: Random) -> None:
    policy = entity("policies/authorizationPolicy", "authorizationPolicy", displayName="Authorization Policy")
    done.add(policy, AUTHORIZATION_POLICY, rng)
    done.expectations += vary(policy, (CONSENT,), own_draws(directory.users[0], "consent"))
    everyone = {"isAdminConfigurable": True, "allowedToRegister": {}, "allowedToJoin": {}}
    devices = entity("policies/deviceRegistrationPolicy", "deviceRegistrationPolicy", userDeviceQuota=50,
                     displayName="Device Registration Policy", azureADJoin=everyone,
                     azureADRegistration=everyone, localAdminPassword={"isEnabled": False})  # fmt: skip
    done.add(devices, DEVICE_POLICY, own_draws(directory.users[0], "devices"))
    defaults = rng.random() < 0.5
    line = entity(
        "policies/identitySecurityDefaultsEnforcementPolicy", "00000000-0000-0000-0000-000000000005"
    )
    put(line, "properties.isEnabled", defaults)
    done.add(line)
    done.add(entity("policies/authenticationMethodsPolicy", "authenticationMethodsPolicy",
                    displayName="Authentication Methods Policy",
                    authenticationMethodConfigurations=[]))  # fmt: skip
    mfa = {
        "state": "disabled" if defaults else "enabled",
        "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }
    done.add(entity("identity/conditionalAccess/policies", guid(rng), displayName="MFA for everyone", **mfa))


def _administrators(done: Furnishing, directory: Directory, rng: Random) -> None:
    count = rng.choice((1, 3, 7))
    chosen = [_id(one) for one in directory.users[:count]]
    role = entity("directoryRoles", guid(rng), displayName="Global Administrator",
                  roleTemplateId=GLOBAL_ADMINISTRATOR, members=chosen)  # fmt: skip
    done.add(role)
    for principal_id in chosen:
        done.add(entity("roleManagement/directory/roleAssignments", guid(rng), principalId=principal_id,
                        roleDefinitionId=GLOBAL_ADMINISTRATOR, directoryScopeId="/"))  # fmt: skip


def assignments(subscription: str, directory: Directory, rng: Random) -> Furnishing:
    """Role assignments of a subscription to people, groups, applications, and one to nobody any more."""
    done = Furnishing.empty()
    scope = f"/subscriptions/{subscription}"
    for user in rng.sample(directory.users, min(3, len(directory.users))):
        line = done.add(
            assignment(scope, rng.choice(("Owner", "Contributor", "Reader")), _id(user), "User", rng)
        )
        done.expect("rbac.disabled_accounts", line, _id(user) not in directory.disabled)
    for group in directory.groups[:1]:
        done.add(assignment(scope, "Contributor", _id(group), "Group", rng))
    for principal in rng.sample(directory.principals, min(2, len(directory.principals))):
        role = rng.choice(("Owner", "Reader"))
        line = done.add(assignment(scope, role, _id(principal), "ServicePrincipal", rng))
        done.expect("rbac.service_principal_owner", line, role != "Owner")
    return done
