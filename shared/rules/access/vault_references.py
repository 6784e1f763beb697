"""App settings that take their value from a key vault: which app reads which vault.

`GET .../sites/{name}/config/configreferences/appsettings` tells vault and state without any value
(web/resource-manager/Microsoft.Web/stable/2023-12-01/WebApps.json of azure-rest-api-specs, ApiKVReference;
https://learn.microsoft.com/azure/app-service/app-service-key-vault-references).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shared.rules.access.certainty import Certainty
from shared.rules.columns import ColumnError, text_at
from shared.rules.resources import SubscriptionResources

REFERENCE: Final = "microsoft.web/sites/config/configreferences/appsettings"
REFERENCE_PATHS: Final = ("properties.vaultName", "properties.secretName", "properties.status")


@dataclass(frozen=True, slots=True)
class VaultReference:
    """A setting of an app that names a secret of a vault."""

    id: str
    vault: str
    """Lower-cased name of the vault: unique in Azure."""
    certainty: Certainty
    note: str | None


def vault_references(app_id: str, resources: SubscriptionResources) -> Iterator[VaultReference]:
    """The settings of an app that refer to secrets; none where they could not be read."""
    try:
        found = resources.children(REFERENCE, app_id)
    except ColumnError:
        return  # the app's identity tells the same; that the list was not read is in the ledger
    for one in found:
        try:
            vault = text_at(one.columns, "properties.vaultName")
            status = (text_at(one.columns, "properties.status") or "unknown").lower()
        except ColumnError:
            continue
        if vault is not None:
            resolved = status == "resolved"
            note = None if resolved else f"the reference is {status}"
            certainty = Certainty.READ if resolved else Certainty.ASSUMED
            yield VaultReference(one.id, vault.lower(), certainty, note)
