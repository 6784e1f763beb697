"""Builders of the resources that stand beside the network: compute, storage, data, web, containers, roles.

Each draws its weak settings with the probability named next to it, so that an estate carries a realistic
share of them; none of these are part of the truth file, which speaks about internet exposure only.
"""

from random import Random
from typing import Any

from samples.arm import Resource, Scope, guid

TENANT = "72f988bf-0000-4000-a000-2d7cd011db47"

# Built-in role definitions (Microsoft Learn, "Azure built-in roles").
ROLES = {
    "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
}

_IMAGES = (
    ("Linux", "Canonical", "ubuntu-24_04-lts", "server"),
    ("Linux", "RedHat", "RHEL", "9-lvm-gen2"),
    ("Windows", "MicrosoftWindowsServer", "WindowsServer", "2022-datacenter-azure-edition"),
)


def virtual_machine(scope: Scope, name: str, nic: Resource, rng: Random) -> tuple[Resource, Resource]:
    """A VM on `nic` and its OS disk: `(machine, disk)`. The NIC is given its `virtualMachine` link."""
    system, publisher, offer, sku = rng.choice(_IMAGES)
    disk_name = f"{name}_OsDisk_1"
    disk_id = scope.id_of("Microsoft.Compute/disks", disk_name)
    os_profile: dict[str, Any] = {"computerName": name[:15], "adminUsername": "azureadmin", "secrets": []}
    if system == "Linux":
        os_profile["linuxConfiguration"] = {"disablePasswordAuthentication": rng.random() >= 0.15}
    else:
        os_profile["windowsConfiguration"] = {"provisionVMAgent": True, "enableAutomaticUpdates": True}
    machine = scope.resource(
        "Microsoft.Compute/virtualMachines",
        name,
        {
            "vmId": guid(rng),
            "provisioningState": "Succeeded",
            "hardwareProfile": {"vmSize": rng.choice(("Standard_B2s", "Standard_D2s_v5", "Standard_E4s_v5"))},
            "storageProfile": {
                "imageReference": {"publisher": publisher, "offer": offer, "sku": sku, "version": "latest"},
                "osDisk": {
                    "osType": system,
                    "name": disk_name,
                    "createOption": "FromImage",
                    "caching": "ReadWrite",
                    "managedDisk": {"storageAccountType": "Premium_LRS", "id": disk_id},
                    "diskSizeGB": 64,
                },
                "dataDisks": [],
            },
            "osProfile": os_profile,
            "networkProfile": {"networkInterfaces": [{"id": nic["id"], "properties": {"primary": True}}]},
        },
    )
    nic["properties"]["virtualMachine"] = {"id": machine["id"]}
    open_export = rng.random() < 0.5
    disk = scope.resource(
        "Microsoft.Compute/disks",
        disk_name,
        {
            "osType": system,
            "diskSizeGB": 64,
            "diskState": "Attached",
            "provisioningState": "Succeeded",
            "encryption": {"type": "EncryptionAtRestWithPlatformKey"},
            "networkAccessPolicy": "AllowAll" if open_export else "DenyAll",
            "publicNetworkAccess": "Enabled" if open_export else "Disabled",
        },
        managedBy=machine["id"],
        sku={"name": "Premium_LRS", "tier": "Premium"},
    )
    return machine, disk


def storage_account(scope: Scope, name: str, rng: Random) -> Resource:
    """A storage account: public blobs 8 %, TLS 1.0 7 %, network default Deny 40 %."""
    closed = rng.random() < 0.4
    return scope.resource(
        "Microsoft.Storage/storageAccounts",
        name,
        {
            "provisioningState": "Succeeded",
            "allowBlobPublicAccess": rng.random() < 0.08,
            "minimumTlsVersion": "TLS1_0" if rng.random() < 0.07 else "TLS1_2",
            "supportsHttpsTrafficOnly": rng.random() >= 0.03,
            "allowSharedKeyAccess": rng.random() < 0.7,
            "publicNetworkAccess": "Enabled",
            "networkAcls": {
                "bypass": "AzureServices",
                "defaultAction": "Deny" if closed else "Allow",
                "ipRules": [{"value": "203.0.113.0/24", "action": "Allow"}] if closed else [],
                "virtualNetworkRules": [],
            },
            "encryption": {"keySource": "Microsoft.Storage"},
            "primaryEndpoints": {
                service: f"https://{name}.{service}.core.windows.net/"
                for service in ("blob", "dfs", "file", "queue", "table")
            },
        },
        sku={"name": "Standard_LRS", "tier": "Standard"},
        kind="StorageV2",
    )


def key_vault(scope: Scope, name: str, rng: Random) -> Resource:
    """A key vault: without purge protection 25 %, RBAC authorisation 70 %, network default Deny 40 %."""
    properties: dict[str, Any] = {
        "sku": {"family": "A", "name": "standard"},
        "tenantId": TENANT,
        "vaultUri": f"https://{name}.vault.azure.net/",
        "accessPolicies": [],
        "enabledForDeployment": False,
        "enableSoftDelete": True,
        "softDeleteRetentionInDays": 90,
        "enableRbacAuthorization": rng.random() < 0.7,
        "publicNetworkAccess": "Enabled",
        "networkAcls": {
            "bypass": "AzureServices",
            "defaultAction": "Deny" if rng.random() < 0.4 else "Allow",
            "ipRules": [],
            "virtualNetworkRules": [],
        },
        "provisioningState": "Succeeded",
    }
    if rng.random() >= 0.25:
        properties["enablePurgeProtection"] = True
    return scope.resource("Microsoft.KeyVault/vaults", name, properties)


def web_app(scope: Scope, name: str, rng: Random) -> Resource:
    """A web app: plain HTTP allowed 12 %. `siteConfig` is null, as list answers give it."""
    host = f"{name}.azurewebsites.net"
    return scope.resource(
        "Microsoft.Web/sites",
        name,
        {
            "name": name,
            "state": "Running",
            "enabled": True,
            "hostNames": [host],
            "defaultHostName": host,
            "httpsOnly": rng.random() >= 0.12,
            "clientCertEnabled": False,
            "publicNetworkAccess": "Enabled",
            "siteConfig": None,
            "reserved": True,
            "resourceGroup": scope.group,
        },
        kind="app,linux",
    )


def sql_server(scope: Scope, name: str, rng: Random) -> list[Resource]:
    """A SQL server and its firewall rules: all Azure services 45 %, the whole internet 3 %."""
    server = scope.resource(
        "Microsoft.Sql/servers",
        name,
        {
            "administratorLogin": "sqladmin",
            "version": "12.0",
            "state": "Ready",
            "fullyQualifiedDomainName": f"{name}.database.windows.net",
            "minimalTlsVersion": "1.2",
            "publicNetworkAccess": "Enabled",
        },
        kind="v12.0",
    )
    ranges: list[tuple[str, str, str]] = []
    if rng.random() < 0.45:
        ranges.append(("AllowAllWindowsAzureIps", "0.0.0.0", "0.0.0.0"))  # noqa: S104 - a firewall range
    if rng.random() < 0.03:
        ranges.append(("everyone", "0.0.0.0", "255.255.255.255"))  # noqa: S104 - a firewall range
    resources = [server]
    for rule, start, end in ranges:
        resources.append(
            {
                "id": f"{server['id']}/firewallRules/{rule}",
                "name": rule,
                "type": "Microsoft.Sql/servers/firewallRules",
                "properties": {"startIpAddress": start, "endIpAddress": end},
            }
        )
    return resources


def kubernetes_cluster(scope: Scope, name: str, rng: Random) -> Resource:
    """An AKS cluster: API server open to every address 55 %."""
    ranges = [] if rng.random() < 0.55 else ["203.0.113.0/24"]
    return scope.resource(
        "Microsoft.ContainerService/managedClusters",
        name,
        {
            "provisioningState": "Succeeded",
            "powerState": {"code": "Running"},
            "kubernetesVersion": "1.33.2",
            "dnsPrefix": name,
            "fqdn": f"{name}-{rng.getrandbits(32):08x}.hcp.{scope.location}.azmk8s.io",
            "agentPoolProfiles": [
                {
                    "name": "system",
                    "count": 3,
                    "vmSize": "Standard_D4s_v5",
                    "osType": "Linux",
                    "mode": "System",
                }
            ],
            "nodeResourceGroup": f"MC_{scope.group}_{name}_{scope.location}",
            "enableRBAC": True,
            "disableLocalAccounts": rng.random() < 0.4,
            "networkProfile": {
                "networkPlugin": "azure",
                "networkPolicy": "azure",
                "loadBalancerSku": "standard",
            },
            "apiServerAccessProfile": {"enablePrivateCluster": False, "authorizedIPRanges": ranges},
        },
        sku={"name": "Base", "tier": "Standard"},
    )


def container_registry(scope: Scope, name: str, rng: Random) -> Resource:
    """A container registry: admin user enabled 20 %."""
    return scope.resource(
        "Microsoft.ContainerRegistry/registries",
        name,
        {
            "loginServer": f"{name}.azurecr.io",
            "provisioningState": "Succeeded",
            "adminUserEnabled": rng.random() < 0.2,
            "anonymousPullEnabled": False,
            "publicNetworkAccess": "Enabled",
        },
        sku={"name": "Premium", "tier": "Premium"},
    )


def role_assignment(scope: Scope, rng: Random, *, role: str | None = None) -> Resource:
    """A role assignment at the resource group; `role` is a key of `ROLES`, drawn when not given."""
    name = guid(rng)
    chosen = role or rng.choices(tuple(ROLES), weights=(5, 35, 45, 15))[0]
    subscription = f"/subscriptions/{scope.subscription}"
    definition = f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{ROLES[chosen]}"
    return {
        "id": f"{scope.group_id}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "name": name,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "roleDefinitionId": definition,
            "principalId": guid(rng),
            "principalType": rng.choice(("User", "Group", "ServicePrincipal")),
            "scope": scope.group_id,
            "createdOn": "2025-02-03T09:12:44.1203311Z",
            "updatedOn": "2025-02-03T09:12:44.1203311Z",
        },
    }
