"""The api-version with which each resource type is read from Resource Manager.

Every version is a stable one in Azure/azure-rest-api-specs (the folder is named beside it), and old enough to
have reached the national clouds.
"""

from __future__ import annotations

from typing import Final

SUBSCRIPTIONS: Final = "2022-12-01"
"""resources/resource-manager/Microsoft.Resources/stable; so azure-mgmt-resource-subscriptions 1.0.0."""

MANAGEMENT_GROUPS: Final = "2020-05-01"
"""managementgroups/resource-manager/Microsoft.Management/stable; "Management Groups - Get Descendants" at
https://learn.microsoft.com/rest/api/managementgroups/management-groups/get-descendants"""

PERMISSIONS: Final = "2022-04-01"
"""authorization/resource-manager/Microsoft.Authorization/stable; used by azure-mgmt-authorization 4.0.0."""

# A key is a namespace, which stands for all its types, or a type, which stands for its children too.
_VERSIONS: Final = {
    # network/resource-manager/Microsoft.Network/stable/2024-05-01: networkSecurityGroup.json,
    # networkInterface.json, publicIpAddress.json, virtualNetwork.json, loadBalancer.json...
    "microsoft.network": "2024-05-01",
    # frontdoor/resource-manager/Microsoft.Network/stable/2022-05-01: webapplicationfirewall.json
    "microsoft.network/frontdoorwebapplicationfirewallpolicies": "2022-05-01",
    # compute/resource-manager/Microsoft.Compute/ComputeRP/stable/2024-07-01: virtualMachine.json...
    "microsoft.compute/virtualmachines": "2024-07-01",
    "microsoft.compute/virtualmachinescalesets": "2024-07-01",
    # compute/resource-manager/Microsoft.Compute/DiskRP/stable/2024-03-02
    "microsoft.compute/disks": "2024-03-02",
    "microsoft.compute/snapshots": "2024-03-02",
    # storage/resource-manager/Microsoft.Storage/stable/2023-05-01
    "microsoft.storage/storageaccounts": "2023-05-01",
    # keyvault/resource-manager/Microsoft.KeyVault/stable/2023-07-01
    "microsoft.keyvault": "2023-07-01",
    # sql/resource-manager/Microsoft.Sql/stable/2021-11-01
    "microsoft.sql/servers": "2021-11-01",
    # web/resource-manager/Microsoft.Web/stable/2023-12-01
    "microsoft.web/sites": "2023-12-01",
    # containerservice/resource-manager/Microsoft.ContainerService/aks/stable/2024-05-01
    "microsoft.containerservice/managedclusters": "2024-05-01",
    # containerregistry/resource-manager/Microsoft.ContainerRegistry/stable/2023-07-01
    "microsoft.containerregistry/registries": "2023-07-01",
    # cosmos-db/resource-manager/Microsoft.DocumentDB/stable/2024-05-15
    "microsoft.documentdb/databaseaccounts": "2024-05-15",
    # postgresql/resource-manager/Microsoft.DBforPostgreSQL/stable/2024-08-01
    "microsoft.dbforpostgresql/flexibleservers": "2024-08-01",
    # Below: azure-rest-api-specs/specification/<service>/resource-manager/<namespace>/stable/<version>.
    "microsoft.apimanagement/service": "2022-08-01",  # apimanagement/.../apimdeployment.json
    "microsoft.automation/automationaccounts": "2022-08-08",  # automation/.../account.json
    "microsoft.batch/batchaccounts": "2024-02-01",  # batch/.../BatchManagement.json
    "microsoft.cache/redis": "2023-08-01",  # redis/.../redis.json
    "microsoft.cognitiveservices/accounts": "2023-05-01",  # cognitiveservices/.../cognitiveservices.json
    "microsoft.containerinstance/containergroups": "2023-05-01",  # .../containerInstance.json
    "microsoft.databricks/workspaces": "2023-02-01",  # databricks/.../databricks.json
    "microsoft.datafactory/factories": "2018-06-01",  # datafactory/.../datafactory.json
    "microsoft.dbformysql/flexibleservers": "2023-12-30",  # mysql/.../FlexibleServers.json
    "microsoft.devices/iothubs": "2023-06-30",  # iothub/.../iothub.json
    "microsoft.eventgrid/topics": "2022-06-15",  # eventgrid/.../EventGrid.json
    "microsoft.eventhub/namespaces": "2021-11-01",  # eventhub/.../namespaces-preview.json
    "microsoft.logic/workflows": "2019-05-01",  # logic/.../logic.json
    "microsoft.machinelearningservices/workspaces": "2024-04-01",  # .../workspaceRP.json
    "microsoft.managedidentity/userassignedidentities": "2023-01-31",  # msi/.../ManagedIdentity.json
    "microsoft.operationalinsights/workspaces": "2022-10-01",  # operationalinsights/.../Workspaces.json
    "microsoft.recoveryservices/vaults": "2023-06-01",  # recoveryservices/.../vaults.json
    "microsoft.resources/deployments": "2021-04-01",  # resources/.../resources.json
    "microsoft.search/searchservices": "2023-11-01",  # search/.../search.json
    "microsoft.security/assessments": "2021-06-01",  # security/.../assessments.json
    "microsoft.servicebus/namespaces": "2021-11-01",  # servicebus/.../namespace-preview.json
    "microsoft.streamanalytics/streamingjobs": "2020-03-01",  # streamanalytics/.../streamingjobs.json
    "microsoft.synapse/workspaces": "2021-06-01",  # synapse/.../workspace.json
    "microsoft.web/hostingenvironments": "2023-12-01",  # web/.../AppServiceEnvironments.json
    # authorization/resource-manager/Microsoft.Authorization/stable/2022-04-01
    "microsoft.authorization/roleassignments": "2022-04-01",
    "microsoft.authorization/roledefinitions": "2022-04-01",
}


def api_version_of(resource_type: str) -> str | None:
    """The version for a type, by the longest part of its path that the table has; None when it has none."""
    path = resource_type.lower()
    while path:
        version = _VERSIONS.get(path)
        if version is not None:
            return version
        path = path.rpartition("/")[0]
    return None
