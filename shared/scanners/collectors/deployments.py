"""Deployments of a subscription and of its resource groups: names and types of what they keep, no values.

https://learn.microsoft.com/rest/api/resources/deployments/list-by-resource-group
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.domain.reading import SUBSCRIPTION_TYPE
from shared.ports.reads import AzureReads
from shared.scanners.collectors._lists import guarded
from shared.scanners.details import Detail

DEPLOYMENTS: Final = "microsoft.resources/deployments"
_API_VERSION: Final = "2021-04-01"
"""resources/resource-manager/Microsoft.Resources/stable/2021-04-01 of azure-rest-api-specs."""
_AT_ONCE: Final = 8
_KEPT: Final = ("outputs", "parameters")


class DeploymentsCollector:
    """Reads the history of deployments. Only names and types leave the collector."""

    name = "deployments"
    parents = (SUBSCRIPTION_TYPE,)
    types = (DEPLOYMENTS,)
    keeps: tuple[str, ...] = ()
    opt_in = False

    @property
    def permissions(self) -> Mapping[str, tuple[str, ...]]:
        """Azure actions."""
        return {
            DEPLOYMENTS: (
                "Microsoft.Resources/deployments/read",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
            )
        }

    async def read(
        self, parent: Mapping[str, Any], wanted: frozenset[str], reads: AzureReads
    ) -> Sequence[Detail]:
        """Every deployment of one subscription."""
        del wanted
        return [await guarded(DEPLOYMENTS, self.permissions[DEPLOYMENTS][0], _rows(parent["id"], reads))]


async def _rows(subscription: str, reads: AzureReads) -> list[Any]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def of(scope: str) -> list[Any]:
        async with gate:
            found = await reads.arm_list(f"{scope}/providers/Microsoft.Resources/deployments", _API_VERSION)
        return [_without_values(one) for one in found]

    groups = await reads.arm_list(f"{subscription}/resourcegroups", _API_VERSION)
    scopes = [subscription, *(one["id"] for one in groups if isinstance(one, Mapping) and one.get("id"))]
    return [row for rows in await asyncio.gather(*(of(scope) for scope in scopes)) for row in rows]


def _without_values(deployment: Any) -> Any:
    if not isinstance(deployment, Mapping) or not isinstance(deployment.get("properties"), Mapping):
        return None
    kept = {member: _types(deployment["properties"].get(member)) for member in _KEPT}
    return {"id": deployment.get("id"), "name": deployment.get("name"), "properties": kept}


def _types(values: Any) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        return {}
    return {name: one.get("type") if isinstance(one, Mapping) else None for name, one in values.items()}


COLLECTORS: Final = (DeploymentsCollector(),)
