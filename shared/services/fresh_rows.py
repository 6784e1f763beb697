"""Changed resources as Resource Manager has them now, in place of what a listing says of them.

Resource Graph follows changes with a delay
(https://learn.microsoft.com/azure/governance/resource-graph/overview#how-resource-graph-is-kept-current), and
a rescan comes seconds after the change. Resource Manager answers with the same properties, at once.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from shared.domain.reading import Listing, Source
from shared.domain.resource import parse_arm_id
from shared.ports.errors import InventoryError
from shared.ports.inventory import Inventory, InventoryPage

log = logging.getLogger(__name__)

ONLY_LISTED: Final = frozenset({"microsoft.compute/virtualmachines"})
"""Types of whose state Resource Graph says more than a read does: `properties.extended.instanceView`
(https://learn.microsoft.com/azure/governance/resource-graph/samples/samples-by-table#resources)."""


async def with_fresh_rows(
    inventory: Inventory, page: InventoryPage, listing: Listing, scope: Sequence[str], changed: Sequence[str]
) -> InventoryPage:
    """The page without the changed resources of its types; the last page of the listing has them as they are.

    One that is gone has no row. One that cannot be read by itself keeps the row that was listed.

    Args:
        scope: subscriptions of the listing.
        changed: ids of the changed resources.

    Raises:
        InventoryError: transient: a later try may succeed.
    """
    targets = {one.lower(): one for one in changed if _is_listed(one, listing, scope)}
    fresh: list[dict[str, Any]] = []
    for key, resource_id in list(targets.items()):
        try:
            found = await inventory.get(resource_id)
        except InventoryError as error:
            if error.transient:
                raise
            log.warning("a changed resource is taken as it was listed: %s", error)
            del targets[key]
            continue
        if found is not None:
            fresh.append(_row(found, resource_id))
    if not targets:
        return page
    rows = [row for row in page.rows if _key(row) not in targets]
    return replace(page, rows=rows if page.next_token is not None else [*rows, *fresh])


def _is_listed(resource_id: str, listing: Listing, scope: Sequence[str]) -> bool:
    try:
        parts = parse_arm_id(resource_id)
    except ValueError:
        return False
    return (
        listing.source is Source.RESOURCES
        and parts.type in listing.types
        and parts.type not in ONLY_LISTED
        and parts.subscription_id.lower() in {one.lower() for one in scope}
    )


def _key(row: Any) -> str:
    resource_id = row.get("id") if isinstance(row, Mapping) else None
    return resource_id.lower() if isinstance(resource_id, str) else ""


def _row(found: Mapping[str, Any], resource_id: str) -> dict[str, Any]:
    """A resource in the form of a listing's row."""
    parts = parse_arm_id(resource_id)
    return {
        **found,
        "id": found.get("id", resource_id),
        "type": parts.type,
        "subscriptionId": parts.subscription_id,
        "resourceGroup": parts.resource_group,
    }
