"""The Inventory port over resources held in memory, with refusals and failures to order."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from shared.adapters.azure.queries import (
    MAX_PAGE_SIZE,
    checked_page_size,
    checked_resource_group,
    checked_subscription,
    checked_subscriptions,
    checked_types,
    invalid_argument,
)
from shared.domain.resource import parse_arm_id
from shared.ports.errors import InventoryDeniedError, InventoryError
from shared.ports.inventory import InventoryPage, InventoryQuery, Permissions, Subscription

Call = Literal[
    "subscriptions", "subscription", "management_group_subscriptions", "permissions", "page", "get"
]

_TENANT: Final = "00000000-0000-0000-0000-000000000000"


class MemoryInventory:
    """An estate in memory that answers like Azure.

    Subscriptions that cannot be seen are left out of a page silently, as Resource Graph does, and a page
    is refused only when none of those asked for is visible. Rows of denied types are left out silently
    too; only `permissions` tells. A resource without a readable id stands at the end of every query.
    """

    def __init__(
        self,
        resources: Iterable[Any],
        *,
        subscriptions: Iterable[Subscription] = (),
        denied_subscriptions: Iterable[str] = (),
        denied_types: Iterable[str] = (),
        management_groups: Mapping[str, Sequence[str]] | None = None,
        permissions_known: bool = True,
        page_size: int = MAX_PAGE_SIZE,
        largest_answer: int = MAX_PAGE_SIZE,
    ) -> None:
        """
        Args:
            resources: as ARM returns them; what is no resource at all is served as it is.
            subscriptions: beside those that the resources' ids name, or to give these a name and state.
            denied_subscriptions: exist, but are refused.
            denied_types: resource types the identity may not read.
            management_groups: id of each to the subscriptions below it.
            permissions_known: False answers `permissions` as a scope does that cannot be asked.
            page_size: rows of a page when the caller names no number.
            largest_answer: rows beyond which an answer would be too large: pages shrink to this.
        """
        self.denied_subscriptions = {each.lower() for each in denied_subscriptions}
        self.denied_types = {each.lower() for each in denied_types}
        self.management_groups = dict(management_groups or {})
        self.permissions_known = permissions_known
        self.calls: Counter[str] = Counter()
        self._page_size = checked_page_size(page_size)
        self._largest_answer = largest_answer
        self._failures: defaultdict[str, deque[InventoryError | None]] = defaultdict(deque)
        self._resources: dict[str, Mapping[str, Any]] = {}
        self._unreadable: list[Any] = []
        self._subscriptions: dict[str, Subscription] = {}
        for subscription in subscriptions:
            self._subscriptions[subscription.subscription_id.lower()] = subscription
        for resource in resources:
            self.put(resource)

    def put(self, resource: Any) -> None:
        """Add a resource, or replace the one with its id."""
        resource_id = resource.get("id") if isinstance(resource, Mapping) else None
        if not isinstance(resource_id, str) or not isinstance(resource.get("type"), str):
            self._unreadable.append(resource)
            return
        self._resources[resource_id.lower()] = resource
        subscription_id = _id_part(resource_id, 1)
        if subscription_id:
            self._subscriptions.setdefault(
                subscription_id.lower(), Subscription(subscription_id, subscription_id, "Enabled")
            )

    def remove(self, resource_id: str) -> None:
        """Take a resource out of the estate; KeyError when it is not there."""
        del self._resources[resource_id.lower()]

    def fail(self, call: Call, *errors: InventoryError | None) -> None:
        """Let the next calls of that name raise these errors, one each in order; None lets one succeed."""
        self._failures[call].extend(errors)

    async def subscriptions(self) -> list[Subscription]:
        self._enter("subscriptions")
        return [each for key, each in self._subscriptions.items() if key not in self.denied_subscriptions]

    async def subscription(self, subscription_id: str) -> Subscription | None:
        self._enter("subscription")
        key = checked_subscription(subscription_id).lower()
        self._refuse_subscription(key)
        return self._subscriptions.get(key)

    async def management_group_subscriptions(self, group_id: str) -> list[str]:
        self._enter("management_group_subscriptions")
        for name, members in self.management_groups.items():
            if name.lower() == group_id.lower():
                return sorted(members)
        raise InventoryDeniedError(f"management group {group_id} is refused", status=403)

    async def permissions(self, subscription_id: str, resource_group: str | None = None) -> Permissions:
        self._enter("permissions")
        key = checked_subscription(subscription_id).lower()
        if resource_group is not None:
            checked_resource_group(resource_group)
        self._refuse_subscription(key)
        if key not in self._subscriptions:
            raise InventoryError(
                f"subscription {subscription_id} was not found", status=404, code="SubscriptionNotFound"
            )
        if not self.permissions_known:
            return Permissions((), known=False)
        return Permissions(((("*/read",), tuple(f"{each}/read" for each in sorted(self.denied_types))),))

    async def page(
        self,
        query: InventoryQuery,
        subscriptions: Sequence[str],
        *,
        types: Sequence[str],
        resource_group: str | None = None,
        skip_token: str | None = None,
        page_size: int | None = None,
    ) -> InventoryPage:
        self._enter("page")
        wanted = set(checked_types(types)) - self.denied_types
        asked = {each.lower() for each in checked_subscriptions(subscriptions)}
        group = None if resource_group is None else checked_resource_group(resource_group).lower()
        visible = (asked & self._subscriptions.keys()) - self.denied_subscriptions
        if not visible:
            raise InventoryDeniedError(
                "none of the subscriptions can be read", status=403, code="AuthorizationFailed"
            )
        rows = self._matching(wanted, visible, group)
        start = _offset(skip_token, len(rows))
        wished = self._page_size if page_size is None else checked_page_size(page_size)
        size = min(wished, self._largest_answer)
        end = start + size
        return InventoryPage(rows[start:end], len(rows), str(end) if end < len(rows) else None, size)

    async def get(self, resource_id: str) -> Mapping[str, Any] | None:
        self._enter("get")
        try:
            parsed = parse_arm_id(resource_id)
        except ValueError as error:
            raise invalid_argument(f"resource_id: {error}") from error
        self._refuse_subscription(parsed.subscription_id.lower())
        if parsed.type in self.denied_types:
            raise InventoryDeniedError(
                f"reading {parsed.type} is refused", status=403, code="AuthorizationFailed"
            )
        key = resource_id.rstrip("/").lower()
        return self._resources.get(key) or self._nested(key)

    async def aclose(self) -> None:
        """Nothing is held open."""

    def _enter(self, call: Call) -> None:
        self.calls[call] += 1
        queued = self._failures[call]
        error = queued.popleft() if queued else None
        if error is not None:
            raise error

    def _refuse_subscription(self, key: str) -> None:
        if key in self.denied_subscriptions:
            raise InventoryDeniedError(
                f"reading subscription {key} is refused", status=403, code="AuthorizationFailed"
            )

    def _matching(self, types: set[str], subscriptions: set[str], group: str | None) -> list[Any]:
        rows: list[Any] = [
            _graph_row(resource)
            for key, resource in sorted(self._resources.items())
            if resource["type"].lower() in types
            and _id_part(key, 1) in subscriptions
            and (group is None or _id_part(key, 3) == group)
        ]
        return rows + self._unreadable

    def _nested(self, key: str) -> Mapping[str, Any] | None:
        """A child that its parent carries in its properties: a subnet, a security rule."""
        parent_key, collection, _name = _split_child(key)
        parent = self._resources.get(parent_key)
        properties = parent.get("properties") if parent else None
        if not isinstance(properties, Mapping):
            return None
        for name, children in properties.items():
            if name.lower() == collection and isinstance(children, list):
                for child in children:
                    if isinstance(child, Mapping) and str(child.get("id", "")).lower() == key:
                        return child
        return None


def _graph_row(resource: Mapping[str, Any]) -> dict[str, Any]:
    """The row that Resource Graph makes of a resource; malformed members stay as they are."""
    resource_id: str = resource["id"]
    parts = resource_id.split("/")
    return {
        **dict.fromkeys(("name", "location", "tags", "sku", "kind", "properties")),
        **resource,
        "type": resource["type"].lower(),
        "subscriptionId": parts[2] if len(parts) > 2 else "",
        "resourceGroup": parts[4].lower() if len(parts) > 4 else "",
        "tenantId": _TENANT,
    }


def _id_part(resource_id: str, index: int) -> str:
    parts = resource_id.strip("/").split("/")
    return parts[index] if len(parts) > index else ""


def _split_child(key: str) -> tuple[str, str, str]:
    parts = key.rsplit("/", 2)
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else ("", "", "")


def _offset(skip_token: str | None, total: int) -> int:
    if skip_token is None:
        return 0
    if not skip_token.isascii() or not skip_token.isdigit() or int(skip_token) > total:
        raise invalid_argument(f"skip_token: {skip_token[:40]!r} was not given by this inventory")
    return int(skip_token)
