"""GET answers of Resource Manager: subscriptions, groups, permissions, lists and single resources."""

import base64
import binascii
import hashlib
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import orjson

from devhost.azure.arm_id import ArmPath, parse, scope_prefix
from devhost.azure.errors import ArmError, authorization_failed, bad_request, resource_not_found
from devhost.azure.estate import Estate
from devhost.azure.estate_file import ResourceGroup
from devhost.azure.faults import Faults
from devhost.azure.nested import collection_of, resource_at

_ADMIN_RULES_TYPE = "standin/effectivesecurityadminrules"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Body:
    """A body with its entity tag, where the answer has one."""

    raw: bytes
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of a list is asked for; ``link`` is the request's URL without its query."""

    link: str
    query: Mapping[str, str]
    size: int


def etag_of(resource: Mapping[str, Any]) -> str:
    """The resource's own ``etag`` member, else one made of its content."""
    own = resource.get("etag")
    if isinstance(own, str) and own:
        return own
    return f'W/"{hashlib.sha256(orjson.dumps(resource)).hexdigest()[:32]}"'


def require_visible(estate: Estate, faults: Faults, path: ArmPath, action: str) -> None:
    """Refuse what the caller may not do, or a subscription or group that does not exist.

    Raises:
        ArmError: 404 SubscriptionNotFound or ResourceGroupNotFound, 403 AuthorizationFailed.
    """
    if path.subscription is not None:
        if path.subscription.lower() not in estate.subscriptions:
            raise ArmError(
                404, "SubscriptionNotFound", f"The subscription '{path.subscription}' could not be found."
            )
        if faults.hides(path.subscription):
            raise authorization_failed(action, path.path)
    if not faults.grants(action):
        raise authorization_failed(action, path.path)
    if path.resource_group is not None and path.subscription is not None:
        key = (path.subscription.lower(), path.resource_group.lower())
        if key not in estate.resource_groups:
            raise ArmError(
                404, "ResourceGroupNotFound", f"Resource group '{path.resource_group}' could not be found."
            )


class ArmReader:
    """Reads one estate for one caller."""

    def __init__(self, estate: Estate, tenant_id: str) -> None:
        self._estate = estate
        self._tenant_id = tenant_id

    def get(self, path: ArmPath, faults: Faults, page: PageRequest) -> Body:
        """The answer to one GET.

        Raises:
            ArmError: 400, 403 or 404 as Resource Manager gives them.
        """
        parts = path.key.split("/")[1:]
        if parts == ["subscriptions"]:
            return self._subscriptions(faults, page)
        if parts[0] != "subscriptions" or path.subscription is None:
            return self._tenant_resource(path, faults)
        if path.namespace is None:
            return self._scope(path, parts, faults, page)
        if path.resource_type.lower() == "microsoft.authorization/permissions" and path.is_collection:
            require_visible(self._estate, faults, path, "Microsoft.Authorization/permissions/read")
            return _value([{"actions": list(faults.allow_actions), "notActions": faults.not_actions}])
        require_visible(self._estate, faults, path, f"{path.resource_type}/read")
        if path.is_collection:
            return self._collection(path, page)
        if path.is_resource:
            return self._resource(path)
        raise ArmError(404, "InvalidResourceType", f"'{path.path}' names no resource type.")

    def admin_rules(self, network: ArmPath, faults: Faults) -> Body:
        """The answer to ``POST {network}/listNetworkManagerEffectiveSecurityAdminRules``.

        Raises:
            ArmError: 403 or 404.
        """
        action = f"{network.resource_type}/listNetworkManagerEffectiveSecurityAdminRules/action"
        require_visible(self._estate, faults, network, action)
        if resource_at(self._estate, network) is None:
            raise resource_not_found(network.path)
        for ref in self._estate.select([_ADMIN_RULES_TYPE], [network.key]):
            stored = self._estate.stored(ref)
            if stored.key != network.key and not stored.key.startswith(network.key + "/"):
                continue
            if stored.malformed:
                return Body(stored.raw)
            return Body(orjson.dumps(stored.decoded().get("properties")))
        return _value([])

    def _subscriptions(self, faults: Faults, page: PageRequest) -> Body:
        visible = [key for key in sorted(self._estate.subscriptions) if not faults.hides(key)]
        return _page(page, visible, lambda key: key, lambda key: orjson.dumps(self._subscription(key)))

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
        return _page(
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

    def _tenant_resource(self, path: ArmPath, faults: Faults) -> Body:
        if not path.is_resource:
            raise resource_not_found(path.path)
        require_visible(self._estate, faults, path, f"{path.resource_type}/read")
        return self._resource(path)

    def _resource(self, path: ArmPath) -> Body:
        stored = self._estate.find(path.path)
        if stored is not None and stored.malformed:
            return Body(stored.raw)
        if stored is not None:
            return Body(stored.raw, etag_of(stored.decoded()))
        nested = resource_at(self._estate, path)
        if nested is None:
            raise resource_not_found(path.path)
        return self._tagged(nested)

    @staticmethod
    def _tagged(resource: dict[str, Any]) -> Body:
        return Body(orjson.dumps(resource), etag_of(resource))

    def _collection(self, path: ArmPath, page: PageRequest) -> Body:
        estate = self._estate
        kind = path.resource_type.lower()
        if path.parent is None and path.scope.lower() + "/" == scope_prefix(
            path.subscription or "", path.resource_group
        ):
            refs = estate.select([kind], [path.scope.lower() + "/"])
        else:
            owner = parse(path.parent or path.scope)
            if estate.find(owner.path) is None and resource_at(estate, owner) is None:
                raise resource_not_found(owner.path)
            refs = [
                ref
                for ref in estate.select([kind], [path.key + "/"])
                if "/" not in estate.key_of(ref)[len(path.key) + 1 :]
            ]
            inside = collection_of(estate, path)
            if inside is not None and inside.items:
                rows = [orjson.dumps(item) for item in inside.items]
                return Body(
                    b'{"value":[' + b",".join([*rows, *(estate.line(ref)[0] for ref in refs)]) + b"]}"
                )
        return _page(page, refs, estate.key_of, lambda ref: estate.line(ref)[0])


def _value(items: Sequence[Any]) -> Body:
    return Body(orjson.dumps({"value": items}))


def _page(
    request: PageRequest, items: Sequence[_T], key: Callable[[_T], str], render: Callable[[_T], bytes]
) -> Body:
    """One page of ``items``, which ascend by ``key``; ``nextLink`` goes on after the last key of the page."""
    start = 0
    token = request.query.get("$skiptoken")
    if token:
        start = bisect_right(items, _after(token).encode(), key=lambda item: key(item).encode())
    shown = items[start : start + _page_size(request)]
    body = b'{"value":[' + b",".join(render(item) for item in shown) + b"]"
    if start + len(shown) < len(items):
        last = base64.urlsafe_b64encode(key(shown[-1]).encode()).decode()
        version = quote(request.query.get("api-version", ""))
        link = f"{request.link}?api-version={version}&$skiptoken={quote(last)}"
        if "$top" in request.query:
            link += f"&$top={quote(request.query['$top'])}"
        body += b',"nextLink":' + orjson.dumps(link)
    return Body(body + b"}")


def _page_size(request: PageRequest) -> int:
    top = request.query.get("$top")
    if top is None:
        return request.size
    if not (top.isascii() and top.isdigit() and 1 <= int(top[:9]) <= 1000):
        raise bad_request(f"$top must be a number from 1 to 1000, not '{top[:20]}'.", "InvalidQueryParameter")
    return int(top)


def _after(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeError) as error:
        raise bad_request("The $skiptoken cannot be read.", "InvalidSkipToken") from error
