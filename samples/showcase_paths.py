"""The demo's attack paths: one of each kind that a company leaves behind.

| kind | from | to |
|---|---|---|
| group | jump host with RDP open, its identity in a group that is Owner | the production subscription |
| over another machine | old fax, whose identity may run commands on the data machines | production data |
| access policy | checkout app | its key vault |
| vault role and reference | storefront app, a setting of which refers to the vault | storefront's key vault |
| custom role | sandbox machine, a role of its own that lists keys | sandbox storage |
| condition | honeypot, a role with a condition | the honeypot's logs |
| no sign-in | a public container with Terraform's state | itself |
| nobody reads | staging app, a role that says nothing of data | nothing: a trap |
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from samples import workloads
from samples.arm import Resource, Scope, guid
from samples.controls import child, extension
from samples.directory_controls import entity

AUTHORIZATION = "Microsoft.Authorization"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
VM_CONTRIBUTOR = "9980e02c-c2be-4d73-94e8-173b1dc7cf3c"
"""Built-in roles (learn.microsoft.com/azure/role-based-access-control/built-in-roles)."""

_CONDITION = (
    "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'honeypot'"
)


class Planter:
    """Gives identities to what stands in an estate, and roles to identities."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._by_name = {one["name"]: one for one in resources}
        self._rng = Random("showcase paths")
        self.added: list[Resource] = []

    def named(self, name: str) -> Resource:
        """The resource with this name."""
        return self._by_name[name]

    def identity(self, name: str) -> str:
        """Give a resource a system-assigned identity; its object id."""
        resource, object_id = self.named(name), guid(self._rng)
        resource["identity"] = {
            "type": "SystemAssigned",
            "principalId": object_id,
            "tenantId": workloads.TENANT,
        }
        self.add(
            entity(
                "servicePrincipals",
                object_id,
                displayName=name,
                appId=guid(self._rng),
                servicePrincipalType="ManagedIdentity",
                accountEnabled=True,
                passwordCredentials=[],
                keyCredentials=[],
            )
        )
        return object_id

    def group(self, name: str, member: str) -> str:
        """A group with one member; its object id."""
        object_id = guid(self._rng)
        known = {"displayName": name, "securityEnabled": True, "groupTypes": [], "members": [member]}
        self.add(entity("groups", object_id, **known))
        return object_id

    def role(
        self, scope: str, role: str, principal: str, kind: str = "ServicePrincipal", **more: Any
    ) -> None:
        """Assign a role (its GUID) at a scope."""
        subscription = "/".join(scope.split("/")[:3])
        definition = f"{subscription}/providers/{AUTHORIZATION}/roleDefinitions/{role}"
        properties = {
            "roleDefinitionId": definition,
            "principalId": principal,
            "principalType": kind,
            "scope": scope,
            **more,
        }
        self.add(extension(scope, f"{AUTHORIZATION}/roleAssignments", guid(self._rng), properties))

    def custom_role(self, scope: str, name: str, actions: Sequence[str]) -> str:
        """A role of the company's own; its GUID."""
        role = guid(self._rng)
        permissions = [{"actions": list(actions), "notActions": [], "dataActions": [], "notDataActions": []}]
        properties = {
            "roleName": name,
            "type": "CustomRole",
            "assignableScopes": [scope],
            "permissions": permissions,
        }
        self.add(extension(scope, f"{AUTHORIZATION}/roleDefinitions", role, properties))
        return role

    def add(self, *resources: Resource) -> None:
        """Put finished resources beside the others."""
        self.added += resources
        for one in resources:
            self._by_name.setdefault(one["name"], one)


def _group(planter: Planter, subscription: str) -> None:
    members = planter.group("Platform operators", planter.identity("vm-jump"))
    planter.role(subscription, OWNER, members, "Group")


def _another_machine(planter: Planter, data: Scope) -> None:
    planter.role(data.group_id, VM_CONTRIBUTOR, planter.identity("vm-fax"))
    account = workloads.storage_account(data, "stordersarchive", Random("orders"))
    account["properties"]["networkAcls"] = {"bypass": "AzureServices", "defaultAction": "Allow"}
    account["properties"]["allowBlobPublicAccess"] = False
    planter.add(account)
    planter.role(account["id"], BLOB_READER, planter.identity("vm-postgres-2"))


def _vault(scope: Scope, name: str, **properties: Any) -> Resource:
    vault = workloads.key_vault(scope, name, Random(name))
    vault["properties"] |= {
        "networkAcls": {"bypass": "AzureServices", "defaultAction": "Allow"},
        **properties,
    }
    return vault


def _app(planter: Planter, scope: Scope, name: str) -> str:
    site = workloads.web_app(scope, name, Random(name))
    web = child(site, "Microsoft.Web/sites/config", "web", {"ipSecurityRestrictions": []})
    planter.add(site, web | {"location": site["location"]})
    return planter.identity(name)


def _access_policy(planter: Planter, web: Scope) -> None:
    shown = {"secrets": ["get", "list"], "keys": [], "certificates": []}
    policy = {
        "tenantId": workloads.TENANT,
        "objectId": _app(planter, web, "app-checkout"),
        "permissions": shown,
    }
    planter.add(_vault(web, "kv-checkout", enableRbacAuthorization=False, accessPolicies=[policy]))


def _vault_role(planter: Planter, web: Scope) -> None:
    vault = _vault(web, "kv-storefront", enableRbacAuthorization=True)
    principal = _app(planter, web, "app-storefront")
    planter.add(vault)
    planter.role(vault["id"], SECRETS_USER, principal)
    site = planter.named("app-storefront")
    reference = {"vaultName": "kv-storefront", "secretName": "orders-db", "status": "Resolved"}
    path = f"{site['id']}/config/configreferences/appsettings/ORDERS_DB"
    kind = "Microsoft.Web/sites/config/appsettings"
    planter.add({"id": path, "name": "ORDERS_DB", "type": kind, "properties": reference})


def _custom_role(planter: Planter, play: Scope) -> None:
    subscription = f"/subscriptions/{play.subscription}"
    actions = ("Microsoft.Storage/storageAccounts/*/action",)
    role = planter.custom_role(subscription, "Storage helper", actions)
    account = workloads.storage_account(play, "stplayground", Random("play"))
    account["properties"]["networkAcls"] = {"bypass": "AzureServices", "defaultAction": "Allow"}
    account["properties"] |= {"allowSharedKeyAccess": True, "allowBlobPublicAccess": False}
    planter.add(account)
    planter.role(play.group_id, role, planter.identity("vm-play"))


def _condition(planter: Planter, honeypot: Scope) -> None:
    principal = planter.identity("Honeypot")
    planter.role(honeypot.group_id, BLOB_READER, principal, condition=_CONDITION, conditionVersion="2.0")


def _no_sign_in(planter: Planter, shared: Scope) -> None:
    account = workloads.storage_account(shared, "stsharedtfstate", Random("state"))
    account["properties"]["networkAcls"] = {"bypass": "AzureServices", "defaultAction": "Allow"}
    account["properties"]["allowBlobPublicAccess"] = True
    blob = child(account, "Microsoft.Storage/storageAccounts/blobServices", "default", {})
    kind = "Microsoft.Storage/storageAccounts/blobServices/containers"
    planter.add(account, blob, child(blob, kind, "tfstate", {"publicAccess": "Blob"}))


def _trap(planter: Planter, staging: Scope) -> None:
    planter.role(staging.group_id, READER, _app(planter, staging, "app-preview"))


def plant(resources: Sequence[Resource], scopes: dict[str, Scope]) -> list[Resource]:
    """The resources that the paths need beside those there, some of which get identities.

    Args:
        scopes: resource groups by what they are for: web, data, staging, shared, play, honeypot.
    """
    planter = Planter(resources)
    company = f"/subscriptions/{scopes['web'].subscription}"
    _group(planter, company)
    parts: tuple[tuple[Callable[[Planter, Scope], None], str], ...] = (
        (_another_machine, "data"),
        (_access_policy, "web"),
        (_vault_role, "web"),
        (_custom_role, "play"),
        (_condition, "honeypot"),
        (_no_sign_in, "shared"),
        (_trap, "staging"),
    )
    for part, scope in parts:
        part(planter, scopes[scope])
    return planter.added
