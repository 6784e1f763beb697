"""GET answers of Resource Manager: tenants, subscriptions, permissions, lists and single resources."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from devhost.azure.arm_access import read_action, require_owner, require_visible
from devhost.azure.arm_actions import ArmActions, is_configuration_list
from devhost.azure.arm_id import ArmPath, parse, scope_prefix
from devhost.azure.arm_page import Body, PageRequest, page_of, value
from devhost.azure.errors import ArmError, resource_not_found
from devhost.azure.estate import Estate
from devhost.azure.estate_file import ResourceGroup
from devhost.azure.faults import Faults
from devhost.azure.management_groups import DESCENDANTS, descendants
from devhost.azure.nested import collection_of, resource_at

_AT_SCOPE_ONLY: Final = frozenset({"microsoft.insights/diagnosticsettings", "microsoft.security/pricings"})
"""Types whose list of a subscription leaves out what is set on the resources below it."""
_INHERITED: Final = frozenset(
    f"microsoft.authorization/{rest}"
    for rest in (
        "policyassignments",
        "policydefinitions",
        "policysetdefinitions",
        "roleassignments",
        "roledefinitions",
    )
)
"""Types whose list of a scope has the tenant's and the management groups' entries too."""
_TENANT_LISTS: Final = frozenset(
    {"microsoft.aadiam", "microsoft.authorization", "microsoft.intune", "microsoft.management"}
)
"""Namespaces with lists above the subscriptions."""
_ABOVE: Final = "/providers/"
_SECRETS: Final = "microsoft.keyvault/vaults/secrets"
_CERTIFICATES: Final = "microsoft.keyvault/vaults/certificates"
_SITE_CONFIGURATIONS: Final = frozenset({"microsoft.web/sites/config", "microsoft.web/sites/slots/config"})
_LISTED_ONLY: Final = frozenset(
    {"appsettings", "authsettings", "azurestorageaccounts", "connectionstrings", "metadata", "pushsettings"}
)
"""Configurations of an app that hold values: they are shown by their `list` action alone."""


def etag_of(resource: Mapping[str, Any]) -> str:
    """The resource's own ``etag`` member, else one made of its content."""
    own = resource.get("etag")
    if isinstance(own, str) and own:
        return own
    return f'W/"{hashlib.sha256(orjson.dumps(resource)).hexdigest()[:32]}"'


_ROLE_DEFINITIONS = "microsoft.authorization/roledefinitions"
_CUSTOM_ROLES = "type eq 'CustomRole'"
"""The one filter of role definitions that is understood
(https://learn.microsoft.com/azure/role-based-access-control/role-definitions-list-rest)."""


def _is_custom_role(definition: Mapping[str, Any]) -> bool:
    return str((definition.get("properties") or {}).get("type", "")).lower() == "customrole"


class ArmReader:
    """Reads one estate for one caller."""

    def __init__(self, estate: Estate, tenant_id: str) -> None:
        self._estate = estate
        self._tenant_id = tenant_id
        self._actions = ArmActions(estate)

    def get(self, path: ArmPath, faults: Faults, page: PageRequest) -> Body:
        """The answer to one GET.

        Raises:
            ArmError: 400, 403, 404 or 405 as Resource Manager gives them.
        """
        parts = path.key.split("/")[1:]
        if parts == ["subscriptions"]:
            return self._subscriptions(faults, page)
        if parts == ["tenants"]:
            return value([self._tenant()])
        if parts[0] != "subscriptions" or path.subscription is None:
            return self._above_subscriptions(path, faults, page)
        if path.namespace is None:
            return self._scope(path, parts, faults, page)
        return self._provider(path, faults, page)

    def _provider(self, path: ArmPath, faults: Faults, page: PageRequest) -> Body:
        """What the resource providers answer within a subscription."""
        if path.resource_type.lower() == "microsoft.authorization/permissions" and path.is_collection:
            require_visible(self._estate, faults, path, "Microsoft.Authorization/permissions/read")
            return value([faults.permission])
        if is_configuration_list(path):
            return self._actions.configuration(path, faults)
        require_visible(self._estate, faults, path, read_action(path.resource_type))
        if path.resource_type.lower() == _CERTIFICATES:
            raise ArmError(404, "InvalidResourceType", "Certificates of a vault are on its data plane only.")
        if path.is_collection:
            return self._collection(path, page)
        if path.is_resource:
            return self._resource(path)
        raise ArmError(404, "InvalidResourceType", f"'{path.path}' names no resource type.")

    def _tenant(self) -> dict[str, Any]:
        return {
            "id": f"/tenants/{self._tenant_id}",
            "tenantId": self._tenant_id,
            "displayName": "Stand-in",
            "tenantCategory": "Home",
            "defaultDomain": "standin.example",
            "domains": ["standin.example"],
            "tenantType": "AAD",
        }

    def _subscriptions(self, faults: Faults, page: PageRequest) -> Body:
        visible = [key for key in sorted(self._estate.subscriptions) if not faults.hides(key)]
        return page_of(page, visible, lambda key: key, lambda key: orjson.dumps(self._subscription(key)))

    def _subscription(self, key: str) -> dict[str, Any]:
        subscription = self._estate.subscriptions[key]
        told = resource_at(self._estate, parse(f"/subscriptions/{subscription}")) or {}
        return {
            "id": f"/subscriptions/{subscription}",
            "authorizationSource": "RoleBased",
            "managedByTenants": [],
            "subscriptionId": subscription,
            "tenantId": self._tenant_id,
            "displayName": told.get("displayName") or told.get("name") or f"Subscription {subscription[:8]}",
            "state": "Enabled",
            "subscriptionPolicies": {"spendingLimit": "Off"},
        }

    def _scope(self, path: ArmPath, parts: Sequence[str], faults: Faults, page: PageRequest) -> Body:
        subscription = path.subscription or ""
        if len(parts) == 2:
            require_visible(self._estate, faults, path, "Microsoft.Resources/subscriptions/read")
            return Body(orjson.dumps(self._subscription(subscription.lower())))
        if parts[2] != "resourcegroups" or len(parts) > 4:
            raise ArmError(404, "InvalidResourceType", f"'{path.path}' names no resource type.")
        require_visible(self._estate, faults, path, "Microsoft.Resources/subscriptions/resourceGroups/read")
        if path.resource_group is not None:
            return self._tagged(self._group(self._estate.resource_groups[(parts[1], parts[3])]))
        names = sorted(group for owner, group in self._estate.resource_groups if owner == parts[1])
        groups = self._estate.resource_groups
        return page_of(
            page, names, lambda name: name, lambda name: orjson.dumps(self._group(groups[(parts[1], name)]))
        )

    def _group(self, group: ResourceGroup) -> dict[str, Any]:
        group_id = f"/subscriptions/{group.subscription}/resourceGroups/{group.name}"
        told = resource_at(self._estate, parse(group_id)) or {}
        return {
            "id": group_id,
            "name": group.name,
            "type": "Microsoft.Resources/resourceGroups",
            "location": told.get("location") or group.location,
            "tags": told.get("tags") or {},
            "properties": told.get("properties") or {"provisioningState": "Succeeded"},
        }

    def _above_subscriptions(self, path: ArmPath, faults: Faults, page: PageRequest) -> Body:
        if path.resource_type.lower() == DESCENDANTS:
            return value(descendants(self._estate, self._tenant_id, path))
        listed = path.is_collection and (path.namespace or "").lower() in _TENANT_LISTS
        if not path.is_resource and not listed:
            raise resource_not_found(path.path)
        require_visible(self._estate, faults, path, read_action(path.resource_type))
        if not listed:
            return self._resource(path)
        kind = path.resource_type.lower()
        return self._listed(page, kind, self._estate.select_once(kind, path.key + "/"))

    def _resource(self, path: ArmPath) -> Body:
        if path.resource_type.lower() in _SITE_CONFIGURATIONS and path.name.lower() in _LISTED_ONLY:
            raise ArmError(405, "MethodNotAllowed", f"'{path.path}' is shown by POST {path.path}/list.")
        stored = self._estate.find(path.path)
        if stored is not None and stored.malformed:
            return Body(stored.raw)
        if stored is not None:
            return Body(_without_value(stored.resource_type, stored.raw), etag_of(stored.decoded()))
        nested = resource_at(self._estate, path)
        if nested is None:
            if path.parent is not None:
                require_owner(self._estate, path)
            raise resource_not_found(path.path)
        return self._tagged(nested)

    @staticmethod
    def _tagged(resource: dict[str, Any]) -> Body:
        return Body(orjson.dumps(resource), etag_of(resource))

    def _listed(self, page: PageRequest, kind: str, refs: Sequence[int]) -> Body:
        if kind == _ROLE_DEFINITIONS and page.query.get("$filter") == _CUSTOM_ROLES:
            page = replace(page, filtered=True)
            refs = [ref for ref in refs if _is_custom_role(orjson.loads(self._estate.line(ref)[0]))]
        return page_of(
            page, refs, self._estate.key_of, lambda ref: _without_value(kind, self._estate.line(ref)[0])
        )

    def _collection(self, path: ArmPath, page: PageRequest) -> Body:
        estate = self._estate
        kind = path.resource_type.lower()
        scope = scope_prefix(path.subscription or "", path.resource_group)
        if path.parent is None and path.scope.lower() + "/" == scope:
            return self._listed(page, kind, self._of_scope(path, kind))
        require_owner(estate, path)
        prefix = path.key + "/"
        refs = [
            ref for ref in estate.select_once(kind, prefix) if "/" not in estate.key_of(ref)[len(prefix) :]
        ]
        if kind in _SITE_CONFIGURATIONS:
            refs = [ref for ref in refs if estate.key_of(ref).endswith("/config/web")]
        inside = collection_of(estate, path)
        if inside is not None and inside.items:
            rows = [orjson.dumps(item) for item in inside.items]
            return Body(b'{"value":[' + b",".join([*rows, *(estate.line(ref)[0] for ref in refs)]) + b"]}")
        return self._listed(page, kind, refs)

    def _of_scope(self, path: ArmPath, kind: str) -> Sequence[int]:
        """References of a list by subscription or resource group."""
        if kind in _AT_SCOPE_ONLY:
            return self._estate.select_once(kind, path.key + "/")
        prefixes = [path.scope.lower() + "/"]
        if kind in _INHERITED:
            prefixes.append(_ABOVE)
        namespace, _, rest = kind.partition("/")
        # A list over all locations has the same entries as those of each location.
        return self._estate.select([kind, f"{namespace}/locations/{rest}"], prefixes)


def _without_value(resource_type: str, raw: bytes) -> bytes:
    """A resource as it is served: the value of a Key Vault secret never is."""
    if resource_type != _SECRETS or b'"value"' not in raw:
        return raw
    secret = orjson.loads(raw)
    if isinstance(secret.get("properties"), dict):
        secret["properties"].pop("value", None)
    return orjson.dumps(secret)
