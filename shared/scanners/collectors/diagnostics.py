"""Diagnostic settings: which logs a resource, a subscription or a directory exports."""

from __future__ import annotations

from typing import Final

from shared.domain.reading import DIRECTORY_TYPE, SUBSCRIPTION_TYPE
from shared.scanners.collectors._lists import ArmList

_PARENTS: Final = (
    SUBSCRIPTION_TYPE,
    "microsoft.batch/batchaccounts",
    "microsoft.containerservice/managedclusters",
    "microsoft.databricks/workspaces",
    "microsoft.devices/iothubs",
    "microsoft.eventhub/namespaces",
    "microsoft.keyvault/vaults",
    "microsoft.logic/workflows",
    "microsoft.machinelearningservices/workspaces",
    "microsoft.search/searchservices",
    "microsoft.servicebus/namespaces",
    "microsoft.streamanalytics/streamingjobs",
    "microsoft.web/sites",
)
"""Types whose settings rules ask for: one read for each resource, so no more of them than that."""

COLLECTORS: Final = (
    # https://learn.microsoft.com/rest/api/monitor/diagnostic-settings/list
    ArmList(
        type="microsoft.insights/diagnosticsettings",
        parents=_PARENTS,
        path="/providers/Microsoft.Insights/diagnosticSettings",
        api_version="2021-05-01-preview",
        action="Microsoft.Insights/diagnosticSettings/read",
    ),
    # azureactivedirectory/resource-manager/microsoft.aadiam/stable/2017-04-01 of azure-rest-api-specs
    ArmList(
        type="microsoft.aadiam/diagnosticsettings",
        parents=(DIRECTORY_TYPE,),
        path="/providers/microsoft.aadiam/diagnosticSettings",
        api_version="2017-04-01",
        action="microsoft.aadiam/diagnosticSettings/read",
    ),
    # In no published specification; the action is of the documented operations of Microsoft.Intune.
    ArmList(
        type="microsoft.intune/diagnosticsettings",
        parents=(DIRECTORY_TYPE,),
        path="/providers/microsoft.intune/diagnosticSettings",
        api_version="2017-04-01-preview",
        action="Microsoft.Intune/diagnosticSettings/read",
    ),
)
