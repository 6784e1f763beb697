"""ARM rows of small estates, as a scan reads them: short enough to read in a test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
SCOPE = f"/subscriptions/{SUBSCRIPTION}"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
USER_ACCESS_ADMINISTRATOR = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
VM_CONTRIBUTOR = "9980e02c-c2be-4d73-94e8-173b1dc7cf3c"
CUSTOM = "cccccccc-0000-0000-0000-000000000001"

Row = dict[str, Any]


def guid(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012d}"


def group_scope(group: str) -> str:
    return f"{SCOPE}/resourceGroups/{group}"


def arm_id(kind: str, name: str, group: str = "rg") -> str:
    return f"{group_scope(group)}/providers/{kind}/{name}"


def row(identity: str, kind: str, properties: Mapping[str, Any], /, **more: Any) -> Row:
    return {
        "id": identity,
        "name": identity.rsplit("/", 1)[-1],
        "type": kind,
        "properties": dict(properties),
        **more,
    }


def system_identity(object_id: str | None) -> Row:
    found: Row = {"type": "SystemAssigned"}
    return found if object_id is None else found | {"principalId": object_id}


def machine(
    name: str,
    *,
    object_id: str | None = None,
    port: str | None = "22",
    group: str = "rg",
    identity: Row | None = None,
    number: int = 1,
    subnet: str = "default",
) -> list[Row]:
    """A VM, its interface, and, if it opens a port, its NSG and Standard public address."""
    vm = arm_id("Microsoft.Compute/virtualMachines", name, group)
    nic = arm_id("Microsoft.Network/networkInterfaces", f"{name}-nic", group)
    configuration: Row = {
        "privateIPAddress": f"10.0.{number // 250}.{number % 250 + 4}",
        "subnet": {"id": subnet_id(subnet)},
    }
    known = {"properties": {"networkProfile": {"networkInterfaces": [{"id": nic}]}}}
    more = {"identity": identity} if identity is not None else {}
    if object_id is not None:
        more = {"identity": system_identity(object_id)}
    interface: Row = {"virtualMachine": {"id": vm}}
    found = [row(vm, "Microsoft.Compute/virtualMachines", known["properties"], **more)]
    if port is not None:
        pip, nsg = (
            arm_id(f"Microsoft.Network/{kind}", f"{name}-{kind}", group)
            for kind in ("publicIPAddresses", "networkSecurityGroups")
        )
        configuration["publicIPAddress"] = {"id": pip}
        interface["networkSecurityGroup"] = {"id": nsg}
        address = f"20.1.{number // 250}.{number % 250 + 1}"
        found += [
            row(pip, "Microsoft.Network/publicIPAddresses", {"ipAddress": address}, sku={"name": "Standard"}),
            row(nsg, "Microsoft.Network/networkSecurityGroups", {"securityRules": [allow(port)]}),
        ]
    interface["ipConfigurations"] = [
        {"id": f"{nic}/ipConfigurations/one", "name": "one", "properties": configuration}
    ]
    found.append(row(nic, "Microsoft.Network/networkInterfaces", interface))
    return found


def allow(port: str) -> Row:
    return {
        "name": f"allow-{port}",
        "properties": {
            "priority": 100,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "Tcp",
            "sourcePortRange": "*",
            "sourceAddressPrefix": "*",
            "destinationPortRange": port,
            "destinationAddressPrefix": "*",
        },
    }


def subnet_id(name: str = "default") -> str:
    return f"{arm_id('Microsoft.Network/virtualNetworks', 'vnet')}/subnets/{name}"


def network(*subnets: str) -> Row:
    names = subnets or ("default",)
    inner = [
        {"id": subnet_id(one), "name": one, "properties": {"addressPrefix": "10.0.0.0/16"}} for one in names
    ]
    properties = {"addressSpace": {"addressPrefixes": ["10.0.0.0/8"]}, "subnets": inner}
    return row(
        arm_id("Microsoft.Network/virtualNetworks", "vnet"), "Microsoft.Network/virtualNetworks", properties
    )


def app(name: str, *, object_id: str | None = None, group: str = "rg", **properties: Any) -> list[Row]:
    """An app that admits everybody, as its configuration says."""
    site = arm_id("Microsoft.Web/sites", name, group)
    more = {} if object_id is None else {"identity": system_identity(object_id)}
    open_to_all = {"ipSecurityRestrictions": []}
    return [
        row(
            site,
            "Microsoft.Web/sites",
            {"state": "Running", "siteConfig": open_to_all, **properties},
            kind="app",
            **more,
        )
    ]


def storage(name: str, *, group: str = "rg", **properties: Any) -> Row:
    """A storage account that admits every network, made after anonymous reads stopped being the default."""
    known = {
        "creationTime": "2025-01-01T00:00:00Z",
        "primaryEndpoints": {"blob": f"https://{name}.blob.core.windows.net/"},
        "networkAcls": {"defaultAction": "Allow"},
        **properties,
    }
    identity = arm_id("Microsoft.Storage/storageAccounts", name, group)
    return row(identity, "Microsoft.Storage/storageAccounts", known)


def container(account: str, name: str, level: str | None = None, group: str = "rg") -> Row:
    parent = arm_id("Microsoft.Storage/storageAccounts", account, group)
    kind = "Microsoft.Storage/storageAccounts/blobServices/containers"
    properties = {} if level is None else {"publicAccess": level}
    return row(f"{parent}/blobServices/default/containers/{name}", kind, properties)


def vault(
    name: str,
    *,
    rbac: bool = True,
    policies: Iterable[Mapping[str, Any]] = (),
    group: str = "rg",
    **properties: Any,
) -> Row:
    known = {"enableRbacAuthorization": rbac, "accessPolicies": list(policies), **properties}
    identity = arm_id("Microsoft.KeyVault/vaults", name, group)
    return row(identity, "Microsoft.KeyVault/vaults", known)


def policy(object_id: str, secrets: Iterable[str] = ("get",), keys: Iterable[str] = ()) -> Row:
    return {"objectId": object_id, "permissions": {"secrets": list(secrets), "keys": list(keys)}}


def assignment(
    number: int,
    role: str,
    principal: str,
    scope: str = SCOPE,
    *,
    kind: str = "ServicePrincipal",
    condition: str | None = None,
) -> Row:
    definition = f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    properties = {
        "roleDefinitionId": definition,
        "principalId": principal,
        "principalType": kind,
        "scope": scope,
    }
    if condition is not None:
        properties["condition"] = condition
    base = "" if scope == "/" else scope
    identity = f"{base}/providers/Microsoft.Authorization/roleAssignments/{guid(number)}"
    return row(identity, "Microsoft.Authorization/roleAssignments", properties)


def custom_role(role: str, *permissions: Mapping[str, Any], name: str = "Custom") -> Row:
    properties = {
        "roleName": name,
        "type": "CustomRole",
        "assignableScopes": [SCOPE],
        "permissions": list(permissions),
    }
    identity = f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return row(identity, "Microsoft.Authorization/roleDefinitions", properties)


def principal(object_id: str, *, members: Iterable[str] | None = None, name: str | None = None) -> Row:
    """A service principal, or a group with its transitive members."""
    kind = "servicePrincipal" if members is None else "group"
    properties: Row = {
        "exists": True,
        "@odata.type": f"#microsoft.graph.{kind}",
        "displayName": name or object_id,
    }
    if members is not None:
        properties |= {"members": list(members), "servicePrincipalMembers": list(members)}
    return row(f"/tenants/-/principals/{object_id}", "graph/principals", properties)
