"""The network scanner: reads network resources, joins each subscription, and says what a stranger reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from shared.domain.coverage import CoverageStatus, ReadFailure, TypeCoverage
from shared.domain.exposure import Exposure
from shared.domain.resource import UnreadableResourceError, parse_row
from shared.exposure.network import (
    NETWORK_TYPES,
    UNEVALUATED_ENTRY_TYPES,
    SubscriptionNetwork,
    project,
)
from shared.ports.inventory import InventoryQuery
from shared.rules.base import RuleMetadata
from shared.rules.registry import network_rules
from shared.scanners.base import Collected, Focus, Projection, Related

UNREADABLE: Final = "unreadable"
"""Key of a projection that stands for a resource that could not be understood: its reason."""


class NetworkScanner:
    """Scanner `network`."""

    name = "network"
    query = InventoryQuery.NETWORK
    types = NETWORK_TYPES
    noticed_types: Mapping[str, str] = UNEVALUATED_ENTRY_TYPES

    def rules(self) -> Sequence[RuleMetadata]:
        """Metadata of every network rule."""
        return [rule.metadata for rule in network_rules()]

    def collect(self, rows: Iterable[Any], focus: Focus) -> Collected:
        """Parse a page: project what can be read, name what cannot."""
        collected = Collected()
        read: dict[tuple[str, str], int] = defaultdict(int)
        failed: dict[tuple[str, str], int] = defaultdict(int)
        noticed: dict[tuple[str, str], int] = defaultdict(int)
        for row in rows:
            try:
                resource = parse_row(row)
                if not focus.expects(resource.subscription_id):
                    raise UnreadableResourceError(
                        "row of a subscription that was not asked for", resource.id, resource.type
                    )
                if resource.type in self.noticed_types:
                    if focus.covers(resource.id):
                        noticed[resource.subscription_id, resource.type] += 1
                    continue
                projection = project(resource)
            except UnreadableResourceError as error:
                subscription = _subscription_of(error.resource_id)
                failure = ReadFailure(resource_id=error.resource_id, type=error.type, reason=error.reason)
                collected.failures.append(failure)
                if subscription and focus.expects(subscription) and error.type and error.resource_id:
                    failed[subscription, error.type] += 1
                    stand_in = {"id": error.resource_id, "type": error.type, UNREADABLE: error.reason}
                    collected.projections.setdefault(subscription, []).append(stand_in)
                continue
            collected.projections.setdefault(resource.subscription_id, []).append(projection)
            if focus.covers(resource.id):
                collected.resources_read += 1
                read[resource.subscription_id, resource.type] += 1
        collected.types = [
            *_read_types(read, failed),
            *(
                TypeCoverage(
                    subscription_id=subscription,
                    type=kind,
                    status=CoverageStatus.SKIPPED,
                    asked=count,
                    reason=self.noticed_types[kind],
                )
                for (subscription, kind), count in noticed.items()
            ),
        ]
        return collected

    def relate(self, subscription_id: str, projections: Iterable[Projection], focus: Focus) -> Related:
        """Join the subscription's network, run the rules, list the exposures."""
        unreadable: list[ReadFailure] = []
        network = SubscriptionNetwork.build(_readable(projections, unreadable), unreadable)
        related = Related()
        for rule in network_rules():
            for result in rule.evaluate(network):
                if not focus.covers(result.resource_id):
                    continue
                related.results.append(result)
                related.observations.extend(result.observations)
        related.exposures = [row for row in network.exposures() if _concerns(row, focus)]
        related.failures = [
            failure
            for failure in network.unresolved
            if failure.resource_id is None or not focus.narrow or focus.covers(failure.resource_id)
        ]
        return related


def _readable(projections: Iterable[Projection], unreadable: list[ReadFailure]) -> list[Projection]:
    kept: list[Projection] = []
    for projection in projections:
        if UNREADABLE in projection:
            unreadable.append(
                ReadFailure(
                    resource_id=projection["id"], type=projection["type"], reason=projection[UNREADABLE]
                )
            )
        else:
            kept.append(projection)
    return kept


def _read_types(
    read: Mapping[tuple[str, str], int], failed: Mapping[tuple[str, str], int]
) -> list[TypeCoverage]:
    return [
        TypeCoverage(
            subscription_id=subscription,
            type=kind,
            status=CoverageStatus.PARTIAL if failed.get((subscription, kind)) else CoverageStatus.READ,
            asked=read.get((subscription, kind), 0) + failed.get((subscription, kind), 0),
            read=read.get((subscription, kind), 0),
            failed=failed.get((subscription, kind), 0),
        )
        for subscription, kind in sorted({*read, *failed})
    ]


def _subscription_of(resource_id: str | None) -> str | None:
    parts = (resource_id or "").lower().split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "subscriptions" and parts[2] else None


def _concerns(row: Exposure, focus: Focus) -> bool:
    if not focus.narrow:
        return True
    named = (row.entry_point, row.resource_id, *(step.resource_id for step in row.path))
    return any(one is not None and focus.covers(one) for one in named)
