"""App settings, of which only the names are known, and whether something is written in them.

The values are not kept when they are read: `plain`, `keyvault_reference` or `empty` stands in their place.
The one exception is `FUNCTIONS_EXTENSION_VERSION`, which is a version.
Settings: https://learn.microsoft.com/azure/azure-functions/functions-app-settings
References: https://learn.microsoft.com/azure/app-service/app-service-key-vault-references
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from shared.domain.resource import Resource
from shared.rules.columns import ColumnError, Fact, read_fact
from shared.rules.packs.appservice._site_config import SETTINGS, config_of
from shared.rules.resources import ResourceColumns, SubscriptionResources
from shared.rules.secret_names import suggests_secret

PLAIN: Final = "plain"
REFERENCE: Final = "keyvault_reference"
EMPTY: Final = "empty"

RUNTIME: Final = "FUNCTIONS_EXTENSION_VERSION"
INSIGHTS: Final = ("APPLICATIONINSIGHTS_CONNECTION_STRING", "APPINSIGHTS_INSTRUMENTATIONKEY")
STORAGE: Final = ("AZUREWEBJOBSSTORAGE", "AZUREWEBJOBSDASHBOARD", "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING")
"""Connection strings of storage accounts, which hold an account key or a SAS: with an identity there is none,
but settings such as `AzureWebJobsStorage__accountName`."""

_VERSION: Final = re.compile(r"~?\d{1,3}(\.\d{1,6}){0,3}|latest|beta|disabled", re.IGNORECASE)
_WORDS: Final = frozenset({PLAIN, REFERENCE, EMPTY})


def _of_interest(resource: Resource) -> dict[str, str]:
    """Name and what stands in it, for the settings that rules ask for."""
    found: dict[str, str] = {}
    for name, word in resource.properties.items():
        upper = name.upper()
        runtime = upper == RUNTIME
        if not isinstance(word, str) or not (word in _WORDS or (runtime and _VERSION.fullmatch(word))):
            raise ValueError(f"properties.{name[:100]}: none of {', '.join(sorted(_WORDS))}")
        if runtime or upper in INSIGHTS or upper in STORAGE or suggests_secret(name):
            found[name] = word
    return found


APP_SETTINGS: Final = Fact("app_settings", SETTINGS, _of_interest)
"""What the rules read of the app settings."""


def settings_of(resources: SubscriptionResources, site: ResourceColumns) -> Mapping[str, str]:
    """The settings of a site that rules ask for.

    Raises:
        ColumnError: they were not read, or hold something else.
    """
    found: Any = read_fact(config_of(resources, site, SETTINGS).columns, APP_SETTINGS.name)
    if not isinstance(found, Mapping):
        raise ColumnError(f"app settings of {site.name} were not read")
    return found
