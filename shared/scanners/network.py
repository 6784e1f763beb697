"""The network scanner: reads network resources, joins each subscription, and says what a stranger reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from shared.domain.coverage import CoverageStatus, ReadFailure, TypeCoverage
from shared.domain.exposure import Exposure
from shared.domain.resource import Resource, UnreadableResourceError, parse_row
from shared.exposure.network import (
    NETWORK_TYPES,
    UNEVALUATED_ENTRY_TYPES,
    SubscriptionNetwork,
    project,
)
from shared.ports.inventory import InventoryQuery
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.registry import column_plan, network_rules, resource_rules
from shared.rules.resources import ResourceColumns, SubscriptionResources
from shared.scanners.base import Collected, Focus, Projection, Related

UNREADABLE: Final = "unreadable"
"""Key of a projection that stands for a resource that could not be understood: its reason."""
KIND: Final = "kind"
"""Key of a projection that is part of the network join: which part."""
TYPE: Final = "type"
COLUMNS: Final = "columns"
"""Key of what property rules read of a resource, beside its type."""


class NetworkScanner:
    """Scanner `network`."""

    name = "network"
    query = InventoryQuery.NETWORK
    noticed_types: Mapping[str, str] = UNEVALUATED_ENTRY_TYPES

    @property
    def types(self) -> tuple[str, ...]:
        """The types of the network join, and those of which property rules read columns."""
        return tuple(dict.fromkeys((*NETWORK_TYPES, *column_plan().types)))

    def rules(self) -> Sequence[RuleMetadata]:
        """Metadata of every rule that is run."""
        joined = [rule.metadata for rule in network_rules()]
        return joined + [rule.metadata for rule in resource_rules()]

    def collect(self, rows: Iterable[Any], focus: Focus) -> Collected:
        """Parse a page: project what can be read, name what cannot."""
        collected, types = Collected(), set(self.types)
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
                    if resource.type not in types:
                        continue
                projection = _project(resource)
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

    def relate(
        self,
        subscription_id: str,
        projections: Iterable[Projection],
        focus: Focus,
        asked: Sequence[TypeCoverage] = (),
        *,
        as_of: datetime,
    ) -> Related:
        """Join the subscription's network, run the rules, list the exposures."""
        unreadable: list[ReadFailure] = []
        readable = _readable(projections, unreadable)
        network = SubscriptionNetwork.build((one for one in readable if KIND in one), unreadable)
        related = Related()
        for rule in network_rules():
            _keep(rule.evaluate(network), related, focus)
        resources = SubscriptionResources.build(
            subscription_id, _with_columns(readable), unreadable, _incomplete(asked), as_of=as_of
        )
        for resource_rule in resource_rules():
            _keep(resource_rule.evaluate(resources), related, focus)
        related.exposures = [row for row in network.exposures() if _concerns(row, focus)]
        related.failures = [
            failure
            for failure in network.unresolved
            if failure.resource_id is None or not focus.narrow or focus.covers(failure.resource_id)
        ]
        return related


def _project(resource: Resource) -> Projection:
    """What the relation stage needs: the columns of the network join, and those of property rules."""
    projection = project(resource) if resource.type in NETWORK_TYPES else {"id": resource.id}
    columns = column_plan().columns(resource)
    return projection if columns is None else projection | {TYPE: resource.type, COLUMNS: columns}


def _with_columns(projections: Iterable[Projection]) -> Iterable[ResourceColumns]:
    return (
        ResourceColumns(one["id"], one[TYPE], one[COLUMNS])
        for one in projections
        if one.get(COLUMNS) is not None
    )


def _incomplete(asked: Iterable[TypeCoverage]) -> dict[str, str]:
    return {
        one.type: one.reason or one.status.value
        for one in asked
        if one.status not in (CoverageStatus.READ, CoverageStatus.SKIPPED)
    }


def _keep(results: Iterable[RuleResult], related: Related, focus: Focus) -> None:
    for result in results:
        if not focus.narrow or focus.covers(result.resource_id):
            related.results.append(result)
            related.observations.extend(result.observations)


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
