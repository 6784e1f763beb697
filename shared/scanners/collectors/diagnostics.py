"""Diagnostic settings: which logs a resource, a subscription or a directory exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.domain.reading import DIRECTORY_TYPE, SUBSCRIPTION_TYPE
from shared.ports.reads import AzureReads
from shared.scanners.collectors._lists import ArmList
from shared.scanners.details import Detail

_ACCOUNTS: Final = "microsoft.storage/storageaccounts"
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

_SERVICES: Final = ("blob", "queue", "table")
"""Services of a storage account whose logs rules ask for."""
_SETTINGS: Final = ArmList(
    # https://learn.microsoft.com/rest/api/monitor/diagnostic-settings/list
    type="microsoft.insights/diagnosticsettings",
    parents=_PARENTS,
    path="/providers/Microsoft.Insights/diagnosticSettings",
    api_version="2021-05-01-preview",
    action="Microsoft.Insights/diagnosticSettings/read",
)


class DiagnosticSettingsCollector:
    """The settings of a resource; of a storage account those of its services, which log for themselves."""

    name = _SETTINGS.type
    parents = (*_PARENTS, _ACCOUNTS)
    types = _SETTINGS.types
    keeps = ("primaryEndpoints",)
    opt_in = False

    @property
    def permissions(self) -> Mapping[str, tuple[str, ...]]:
        """An Azure action."""
        return _SETTINGS.permissions

    async def read(
        self, parent: Mapping[str, Any], wanted: frozenset[str], reads: AzureReads
    ) -> Sequence[Detail]:
        """The settings of one resource."""
        if parent["type"] != _ACCOUNTS:
            return await _SETTINGS.read(parent, wanted, reads)
        endpoints = parent["properties"].get("primaryEndpoints") or {}
        found: list[Any] = []
        for service in _SERVICES:
            if isinstance(endpoints, Mapping) and endpoints.get(service):
                owner = {"id": f"{parent['id']}/{service}Services/default"}
                [detail] = await _SETTINGS.read(owner, wanted, reads)
                if detail.reason is not None:
                    return [detail]
                found += detail.rows
        return [Detail(_SETTINGS.type, tuple(found))]


COLLECTORS: Final = (
    DiagnosticSettingsCollector(),
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
