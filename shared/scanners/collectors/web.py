"""Settings of App Service apps that no table of Resource Graph has.

web/resource-manager/Microsoft.Web/stable/2023-12-01/WebApps.json of azure-rest-api-specs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.ports.reads import AzureReads
from shared.scanners.collectors._lists import ArmList, Ask, guarded
from shared.scanners.details import Detail

_SITES: Final = "microsoft.web/sites"
_API_VERSION: Final = "2023-12-01"
_FUNCTIONS: Final = f"{_SITES}/functions"
APP_SETTINGS: Final = f"{_SITES}/config/appsettings"

_LIST_FUNCTIONS: Final = ArmList(
    type=_FUNCTIONS,
    parents=(_SITES,),
    path="/functions",
    api_version=_API_VERSION,
    action="Microsoft.Web/sites/functions/read",
)


class FunctionsCollector:
    """The functions of function apps; other apps have none."""

    name = _FUNCTIONS
    parents = (_SITES,)
    types = (_FUNCTIONS,)
    keeps: tuple[str, ...] = ()
    opt_in = False

    @property
    def permissions(self) -> Mapping[str, tuple[str, ...]]:
        """An Azure action."""
        return _LIST_FUNCTIONS.permissions

    async def read(
        self, parent: Mapping[str, Any], wanted: frozenset[str], reads: AzureReads
    ) -> Sequence[Detail]:
        """The functions of one app."""
        if "functionapp" not in str(parent.get("kind", "")).lower():
            return [Detail(_FUNCTIONS)]
        return await _LIST_FUNCTIONS.read(parent, wanted, reads)


class AppSettingsCollector:
    """The names of an app's settings, and what kind of value each has. Values are never kept.

    Azure hands the values out with the names, so that this is read only where an operator opted in.
    """

    name = "app-settings"
    parents = (_SITES,)
    types = (APP_SETTINGS,)
    keeps: tuple[str, ...] = ()
    opt_in = True

    @property
    def permissions(self) -> Mapping[str, tuple[str, ...]]:
        """An Azure action, beyond what Reader has."""
        return {APP_SETTINGS: ("Microsoft.Web/sites/config/list/action",)}

    async def read(
        self, parent: Mapping[str, Any], wanted: frozenset[str], reads: AzureReads
    ) -> Sequence[Detail]:
        """The settings of one app, as one resource."""
        del wanted
        action = self.permissions[APP_SETTINGS][0]
        return [await guarded(APP_SETTINGS, action, self._rows(parent["id"], reads))]

    async def _rows(self, site_id: str, reads: AzureReads) -> list[dict[str, Any]]:
        path = f"{site_id}/config/appsettings"
        found = (await reads.arm_post_object(f"{path}/list", _API_VERSION)).get("properties")
        settings = found if isinstance(found, Mapping) else {}
        kinds = {str(name): _kind_of(value) for name, value in settings.items()}
        kinds |= {name: settings[name] for name in _PLAIN if isinstance(settings.get(name), str)}
        return [{"id": path, "name": "appsettings", "properties": kinds}]


_PLAIN: Final = ("FUNCTIONS_EXTENSION_VERSION",)
"""Settings whose value is no secret, and is kept: the version of the Functions runtime."""


def _kind_of(value: Any) -> str:
    """https://learn.microsoft.com/azure/app-service/app-service-key-vault-references"""
    if not isinstance(value, str) or not value:
        return "empty"
    return "keyvault_reference" if value.lower().startswith("@microsoft.keyvault(") else "plain"


COLLECTORS: Final = (
    ArmList(
        type=f"{_SITES}/basicpublishingcredentialspolicies",
        parents=(_SITES,),
        path="/basicPublishingCredentialsPolicies",
        api_version=_API_VERSION,
        action="Microsoft.Web/sites/basicPublishingCredentialsPolicies/read",
    ),
    ArmList(
        type=f"{_SITES}/config/authsettingsv2",
        parents=(_SITES,),
        path="/config/authsettingsV2",
        api_version=_API_VERSION,
        action="Microsoft.Web/sites/config/read",
        ask=Ask.OBJECT,
    ),
    ArmList(
        type=f"{_SITES}/config/configreferences/appsettings",
        parents=(_SITES,),
        path="/config/configreferences/appsettings",
        api_version=_API_VERSION,
        action="Microsoft.Web/sites/config/appsettings/read",
    ),
    FunctionsCollector(),
    AppSettingsCollector(),
)
