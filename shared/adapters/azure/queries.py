"""Every Resource Graph query text of the product.

Each text begins with the comment line `// security-copilot/<name>/<version>`: it identifies the query in
Azure's logs, and a changed text needs a new version. Nothing enters a text unless it matched a pattern
that admits no quote, backslash or line break, so no input can change a query's meaning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from shared.ports.errors import InventoryError
from shared.ports.inventory import InventoryQuery

MAX_TYPES: Final = 200
"""Types one query may name: keeps the text far below any size limit of the service."""

MAX_SUBSCRIPTIONS: Final = 1000
"""Subscriptions one query may name; callers with more ask in batches."""

MAX_PAGE_SIZE: Final = 1000
"""Rows of one answer: https://learn.microsoft.com/azure/governance/resource-graph/concepts/work-with-data"""

_IDS: Final = {
    InventoryQuery.RESOURCES: "inventory/2",
    InventoryQuery.AUTHORIZATION: "authorization/1",
    InventoryQuery.APP_SERVICE: "app-service-config/1",
    InventoryQuery.COMPUTE: "scale-set-network/1",
    InventoryQuery.POLICY: "policy/1",
    InventoryQuery.SECURITY: "security/1",
}

_COLUMNS: Final = (
    "id, name, type, location, tags, sku, kind, identity, managedBy, properties, subscriptionId, "
    "resourceGroup, tenantId"
)
_FEW_COLUMNS: Final = "id, name, type, properties, subscriptionId, resourceGroup, tenantId"
"""What every table has."""

# Namespace, then one or more type segments, already lower-cased.
_TYPE: Final = re.compile(r"[a-z][a-z0-9]*(\.[a-z0-9]+)*(/[a-z0-9_-]+)+")
_MAX_TYPE: Final = 200

# "Resource name rules": 1-90 letters, digits, underscores, hyphens, periods and parentheses, where letters
# and digits are Unicode's; a name cannot end with a period.
# https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
_RESOURCE_GROUP: Final = re.compile(r"[-\w.()]{1,90}(?<!\.)")

# Real ones are GUIDs; this only makes sure that an id is one plain segment of a path.
_SUBSCRIPTION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def invalid_argument(message: str) -> InventoryError:
    """The error of a call that is refused before anything is sent."""
    return InventoryError(message, code="InvalidArgument")


def checked_types(types: Sequence[str]) -> tuple[str, ...]:
    """The resource types, lower-cased, sorted and without doubles.

    Raises:
        InventoryError: none given, too many, or one is not an ARM resource type.
    """
    if not types:
        raise invalid_argument("types: name at least one resource type")
    lowered = sorted({name.lower() for name in types})
    if len(lowered) > MAX_TYPES:
        raise invalid_argument(f"types: {len(lowered)} given, at most {MAX_TYPES} in one query")
    for name in lowered:
        if len(name) > _MAX_TYPE or not _TYPE.fullmatch(name):
            raise invalid_argument(f"types: {name[:80]!r} is not an ARM resource type")
    return tuple(lowered)


def checked_resource_group(name: str) -> str:
    """The resource group's name, unchanged.

    Raises:
        InventoryError: Azure allows no such name.
    """
    if not _RESOURCE_GROUP.fullmatch(name):
        raise invalid_argument(f"resource_group: {name[:80]!r} is not the name of a resource group")
    return name


def checked_subscription(subscription_id: str) -> str:
    """The subscription id, unchanged.

    Raises:
        InventoryError: it has characters that no subscription id has.
    """
    if not _SUBSCRIPTION.fullmatch(subscription_id):
        raise invalid_argument(f"subscription_id: {subscription_id[:80]!r} is not a subscription id")
    return subscription_id


def checked_subscriptions(subscriptions: Sequence[str]) -> tuple[str, ...]:
    """The subscription ids, without doubles.

    Raises:
        InventoryError: none given, too many, or one is not an id. None at all would mean every
            subscription of the tenant to Resource Graph, which is never meant here.
    """
    unique = tuple(dict.fromkeys(checked_subscription(each) for each in subscriptions))
    if not unique:
        raise invalid_argument("subscriptions: name at least one subscription")
    if len(unique) > MAX_SUBSCRIPTIONS:
        raise invalid_argument(
            f"subscriptions: {len(unique)} given, at most {MAX_SUBSCRIPTIONS} in one query"
        )
    return unique


def checked_page_size(size: int) -> int:
    """The number of rows asked for, unchanged.

    Raises:
        InventoryError: Resource Graph gives no page of that size.
    """
    if not 1 <= size <= MAX_PAGE_SIZE:
        raise invalid_argument(f"page_size: {size} is not between 1 and {MAX_PAGE_SIZE}")
    return size


def query_id(query: InventoryQuery) -> str:
    """What stands in the query's comment line: `security-copilot/<name>/<version>`."""
    return f"security-copilot/{_IDS[query]}"


def query_text(query: InventoryQuery, types: Sequence[str], resource_group: str | None = None) -> str:
    """The KQL text of a query, ordered by id: paging is stable only over a total order.

    Raises:
        InventoryError: a type or the resource group is not one.
    """
    quoted = ", ".join(f"'{name}'" for name in checked_types(types))
    lines = [f"// {query_id(query)}", query.value, f"| where type in~ ({quoted})"]
    if resource_group is not None:
        lines.append(f"| where resourceGroup =~ '{checked_resource_group(resource_group)}'")
    columns = _COLUMNS if query is InventoryQuery.RESOURCES else _FEW_COLUMNS
    lines += [f"| project {columns}", "| order by id asc"]
    return "\n".join(lines)
