"""Subscriptions, permissions and single resources from Azure Resource Manager."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from shared.adapters.azure.api_versions import MANAGEMENT_GROUPS, PERMISSIONS, SUBSCRIPTIONS, api_version_of
from shared.adapters.azure.errors import unparsable
from shared.adapters.azure.pipeline import ArmPipeline
from shared.adapters.azure.queries import checked_resource_group, checked_subscription, invalid_argument
from shared.adapters.azure.quota import Quota, SubscriptionQuotas
from shared.domain.resource import parse_arm_id
from shared.ports.errors import InventoryError
from shared.ports.inventory import Permissions, Subscription

MAX_LIST_PAGES: Final = 1000

# RFC 3986, section 3.3: the characters of a path segment that need no escape; the rest is escaped.
_SEGMENT: Final = "-._~!$&'()*+,;=:@"

# The 404s that say that the resource itself, or what contains it, is not there. Others (InvalidResourceType,
# SubscriptionNotFound...) say that it could not be looked for.
_GONE: Final = frozenset({"resourcenotfound", "resourcegroupnotfound", "notfound", "parentresourcenotfound"})
_NO_SUBSCRIPTION: Final = "subscriptionnotfound"
_NO_SCOPE: Final = frozenset({_NO_SUBSCRIPTION, "resourcegroupnotfound"})

# https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftmanagement
_GROUP_ID: Final = re.compile(r"[\w().-]{0,89}[\w()-]", re.ASCII)

Grant = tuple[tuple[str, ...], tuple[str, ...]]


class Arm:
    """Reads of Resource Manager, each under the quota of its subscription."""

    def __init__(self, pipeline: ArmPipeline, quotas: SubscriptionQuotas) -> None:
        self._pipeline = pipeline
        self._quotas = quotas

    async def subscriptions(self) -> list[Subscription]:
        """Every subscription visible to the identity, all pages of them.

        Raises:
            InventoryError: a page failed, or a link to a next page leads to another host.
        """
        path = f"/subscriptions?api-version={SUBSCRIPTIONS}"
        return [_subscription(item) async for item in self._list(path, self._quotas.of(""), "subscriptions")]

    async def subscription(self, subscription_id: str) -> Subscription | None:
        """One subscription; None when Azure says there is none.

        Raises:
            InventoryDeniedError: it is refused.
            InventoryError: Azure failed.
        """
        path = f"/subscriptions/{checked_subscription(subscription_id)}?api-version={SUBSCRIPTIONS}"
        try:
            answer = await self._pipeline.get(
                path, self._quotas.of(subscription_id), f"subscription {subscription_id}"
            )
        except InventoryError as error:
            if error.status == 404 and error.code.lower() == _NO_SUBSCRIPTION:
                return None
            raise
        return _subscription(answer.body)

    async def management_group_subscriptions(self, group_id: str) -> list[str]:
        """Ids of the subscriptions below a management group, all pages of them, sorted.

        Raises:
            InventoryDeniedError: it is refused.
            InventoryError: there is no such group, or Azure failed.
        """
        if not _GROUP_ID.fullmatch(group_id):
            raise invalid_argument("management_group: 1 to 90 letters, digits and - _ ( ) .")
        what = f"management group {group_id}"
        path = (
            f"/providers/Microsoft.Management/managementGroups/{quote(group_id, safe=_SEGMENT)}/descendants"
            f"?api-version={MANAGEMENT_GROUPS}"
        )
        found: set[str] = set()
        async for item in self._list(path, self._quotas.of(""), what):
            if not isinstance(item, dict) or not isinstance(item.get("type"), str):
                raise unparsable(what, "a descendant has no type")
            if item["type"].lower().rstrip("/").endswith("/subscriptions"):
                name = item.get("name")
                if not isinstance(name, str) or not name:
                    raise unparsable(what, "a subscription has no name")
                found.add(name)
        return sorted(found)

    async def permissions(self, subscription_id: str, resource_group: str | None = None) -> Permissions:
        """What the identity may do at a scope.

        The specification has this operation for resource groups and resources only. For subscriptions the
        service answers it all the same (https://github.com/Azure/azure-rest-api-specs/issues/19473, and
        Microsoft's older guides show it), but nothing promises it: an answer that there is no such thing
        gives Permissions with `known` False.

        Raises:
            InventoryDeniedError: the question itself is refused.
            InventoryError: no such subscription or resource group, or Azure failed.
        """
        scope = f"/subscriptions/{checked_subscription(subscription_id)}"
        if resource_group is not None:
            scope += f"/resourceGroups/{quote(checked_resource_group(resource_group), safe=_SEGMENT)}"
        path = f"{scope}/providers/Microsoft.Authorization/permissions?api-version={PERMISSIONS}"
        what = f"permissions at {scope}"
        try:
            grants = [
                _grant(item, what) async for item in self._list(path, self._quotas.of(subscription_id), what)
            ]
        except InventoryError as error:
            if error.status == 404 and error.code.lower() not in _NO_SCOPE:
                return Permissions((), known=False)
            raise
        return Permissions(tuple(grants))

    async def get(self, resource_id: str) -> Mapping[str, Any] | None:
        """A resource as Resource Manager has it now; None when it is not there.

        Raises:
            InventoryDeniedError: reading it is refused.
            InventoryError: the id is none, its type's api-version is not known, or Azure failed. A 404 that
                does not say that the resource is missing is an error too: it must not pass for a removal.
        """
        try:
            parsed = parse_arm_id(resource_id)
        except ValueError as error:
            raise invalid_argument(f"resource_id: {error}") from error
        version = api_version_of(parsed.type)
        if version is None:
            raise invalid_argument(f"resource_id: the api-version of {parsed.type[:100]} is not known")
        quota = self._quotas.of(checked_subscription(parsed.subscription_id))
        try:
            answer = await self._pipeline.get(
                f"{_path_of(resource_id)}?api-version={version}", quota, f"resource {resource_id}"
            )
        except InventoryError as error:
            if error.status == 404 and error.code.lower() in _GONE:
                return None
            raise
        if not isinstance(answer.body, dict):
            raise unparsable(f"resource {resource_id}", "answer is not an object")
        return answer.body

    async def _list(self, path: str, quota: Quota, what: str) -> AsyncIterator[Any]:
        url: str | None = path
        seen: set[str] = set()
        while url is not None:
            if url in seen or len(seen) >= MAX_LIST_PAGES:
                raise unparsable(what, f"links to next pages do not end ({len(seen)} followed)")
            seen.add(url)
            answer = await self._pipeline.get(url, quota, what)
            body = answer.body
            if not isinstance(body, dict) or not isinstance(body.get("value"), list):
                raise unparsable(what, "answer is not a list")
            for item in body["value"]:
                yield item
            link = body.get("nextLink") or None
            if link is not None and not isinstance(link, str):
                raise unparsable(what, "nextLink is not a string")
            url = link


def _path_of(resource_id: str) -> str:
    segments = resource_id.strip("/").split("/")
    if any(segment in (".", "..") or not segment.isprintable() for segment in segments):
        raise invalid_argument("resource_id: not the path of a resource")
    return "/" + "/".join(quote(segment, safe=_SEGMENT) for segment in segments)


def _subscription(item: Any) -> Subscription:
    subscription_id = item.get("subscriptionId") if isinstance(item, dict) else None
    if not isinstance(subscription_id, str) or not subscription_id:
        raise unparsable("subscriptions", "an entry has no subscriptionId")
    return Subscription(
        subscription_id,
        str(item.get("displayName") or subscription_id),
        str(item.get("state") or "Unknown"),
        str(item.get("tenantId") or ""),
    )


def _grant(item: Any, what: str) -> Grant:
    if not isinstance(item, dict):
        raise unparsable(what, "an entry is not an object")
    return _patterns(item.get("actions"), what), _patterns(item.get("notActions"), what)


def _patterns(value: Any, what: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(pattern, str) for pattern in value):
        raise unparsable(what, "actions are not an array of strings")
    return tuple(value)
