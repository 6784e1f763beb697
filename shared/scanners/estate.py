"""The scanner of an estate: reads what its rules read, joins each subscription, and lets the rules judge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from shared.attack_paths.analysis import find_paths
from shared.domain.attack_path import AttackPath
from shared.domain.coverage import CoverageStatus, ReadFailure, TypeCoverage
from shared.domain.exposure import Exposure
from shared.domain.plan_record import Reading
from shared.domain.reading import Listing, Source, canonical_type, is_directory
from shared.domain.resource import Resource, UnreadableResourceError, parse_row
from shared.exposure.network import NETWORK_TYPES, UNEVALUATED_ENTRY_TYPES, SubscriptionNetwork
from shared.ports.reads import AzureReads
from shared.rules.base import Rule, RuleMetadata, RuleResult, RuleScope
from shared.rules.columns import ColumnPlan
from shared.rules.estate import Estate
from shared.rules.registry import EstateRule, ResourceRule
from shared.rules.resources import RuleSettings, SubscriptionResources
from shared.scanners.base import Collected, Focus, Projection, Related
from shared.scanners.confirmable import CONFIRMATION_NEEDS, confirmable_findings
from shared.scanners.detail_reading import read_orders
from shared.scanners.details import Collector, DetailOrder
from shared.scanners.needs import Need, needs_of
from shared.scanners.network_details import ADMIN_RULES, NETWORK_DETAIL_TYPES, network_part
from shared.scanners.projections import (
    counted,
    incomplete,
    projected,
    sort_projections,
    unreadable,
)
from shared.scanners.sources import sources_of

_NOTHING: Final[Mapping[str, str]] = {}
_NOBODY: Final[frozenset[str]] = frozenset()


class EstateScanner:
    """Some rules as one scanner; with the network join when its exposures are wanted."""

    def __init__(
        self,
        names: Sequence[str],
        *,
        network_rules: Sequence[Rule[SubscriptionNetwork]] = (),
        resource_rules: Sequence[ResourceRule] = (),
        estate_rules: Sequence[EstateRule] = (),
        collectors: Sequence[Collector] = (),
        network: bool = False,
        settings: RuleSettings | None = None,
        confirm: bool = False,
    ) -> None:
        """
        Args:
            names: of the scanners that it stands for.
            resource_rules: over subscriptions' resources, and over directories.
            estate_rules: over subscriptions' resources and network together; with them, attack paths.
            network: join the network and list its exposures, whatever the rules are.
            confirm: name the packets by which Azure can confirm critical exposures.
        """
        self.names = tuple(names)
        self._network_rules = tuple(network_rules)
        self._resource_rules = tuple(
            rule for rule in resource_rules if rule.metadata.scope is not RuleScope.DIRECTORY
        )
        self._directory_rules = tuple(
            rule for rule in resource_rules if rule.metadata.scope is RuleScope.DIRECTORY
        )
        self._estate_rules = tuple(estate_rules)
        self._network = network or bool(network_rules) or bool(estate_rules)
        self._settings = settings or RuleSettings()
        self._confirm = confirm and self._network
        declared = [(rule.columns, rule.facts) for rule in resource_rules]
        declared += [(rule.columns, rule.facts) for rule in estate_rules]
        self._plan = ColumnPlan.of(declared)
        self._collectors = {one.name: one for one in collectors}
        wanted = [rule.reads for rule in self.rules()]
        if self._network:
            wanted += [NETWORK_TYPES, NETWORK_DETAIL_TYPES]
        self._sources = sources_of(wanted, collectors)
        self._types = {*self._sources.reading.types, *self._sources.reading.directory_types}

    @property
    def reading(self) -> Reading:
        """The types that it answers for."""
        return self._sources.reading

    @cached_property
    def listings(self) -> tuple[Listing, ...]:
        """What is listed, with the entry points that are only noticed."""
        return tuple(
            one.model_copy(update={"types": tuple(dict.fromkeys((*one.types, *self._noticed)))})
            if one.source is Source.RESOURCES and self._noticed
            else one
            for one in self._sources.listings
        )

    @property
    def _noticed(self) -> Mapping[str, str]:
        return UNEVALUATED_ENTRY_TYPES if self._network else _NOTHING

    def rules(self) -> Sequence[RuleMetadata]:
        """Metadata of every rule that is run."""
        return [
            *(rule.metadata for rule in self._network_rules),
            *(rule.metadata for rule in self._resource_rules),
            *(rule.metadata for rule in self._directory_rules),
            *(rule.metadata for rule in self._estate_rules),
        ]

    def needs(self) -> Sequence[Need]:
        """The permissions that it takes."""
        needs = needs_of(self.reading, tuple(self._collectors.values()), self.rules())
        return (*needs, *CONFIRMATION_NEEDS) if self._confirm else needs

    def collect(self, rows: Iterable[Any], focus: Focus) -> Collected:
        """Parse a page: project what can be read, name what cannot."""
        collected = Collected()
        read: dict[tuple[str, str], int] = defaultdict(int)
        failed: dict[tuple[str, str], int] = defaultdict(int)
        noticed: dict[tuple[str, str], int] = defaultdict(int)
        for row in rows:
            try:
                resource = _parsed(row, focus)
                if resource.type in self._noticed:
                    if focus.covers(resource.id):
                        noticed[resource.subscription_id, resource.type] += 1
                    if resource.type not in self._types:
                        continue
                projections = self._project(resource)
            except UnreadableResourceError as error:
                subscription = _subscription_of(error.resource_id)
                failure = ReadFailure(resource_id=error.resource_id, type=error.type, reason=error.reason)
                collected.failures.append(failure)
                if subscription and focus.expects(subscription) and error.type and error.resource_id:
                    kind = canonical_type(error.type)
                    failed[subscription, kind] += 1
                    stand_in = unreadable(error.resource_id, kind, error.reason)
                    collected.projections.setdefault(subscription, []).append(stand_in)
                continue
            collected.projections.setdefault(resource.subscription_id, []).extend(projections)
            if focus.covers(resource.id):
                collected.resources_read += not resource.is_scope
                read[resource.subscription_id, resource.type] += 1
        collected.types = [*counted(read, failed), *self._skipped(noticed)]
        return collected

    def _project(self, resource: Resource) -> list[Projection]:
        projections = [projected(resource, self._plan, network=self._network)]
        part = network_part(resource) if self._network else None
        return projections if part is None else [*projections, part]

    def _skipped(self, noticed: Mapping[tuple[str, str], int]) -> list[TypeCoverage]:
        return [
            TypeCoverage(
                subscription_id=subscription,
                type=kind,
                status=CoverageStatus.SKIPPED,
                asked=count,
                reason=self._noticed[kind],
            )
            for (subscription, kind), count in noticed.items()
        ]

    def details(self, rows: Iterable[Any], focus: Focus) -> list[DetailOrder]:
        """What is to be read below the rows of a page that can be understood and were asked for."""
        orders = []
        for row in rows:
            try:
                resource = _parsed(row, focus)
            except UnreadableResourceError:
                continue  # named when the page is collected
            if focus.narrow and not focus.covers(resource.id):
                continue
            for collector, types in self._sources.orders.get(resource.type, ()):
                parent = {"id": resource.id, "type": resource.type, "kind": resource.kind}
                kept = {name: resource.properties.get(name) for name in collector.keeps}
                orders.append(
                    DetailOrder(
                        collector.name, types, resource.subscription_id, {**parent, "properties": kept}
                    )
                )
        return orders

    async def read_details(
        self, orders: Sequence[DetailOrder], focus: Focus, reads: AzureReads, *, last: bool = False
    ) -> Collected:
        """Read what was ordered; what is refused or cannot be understood is named."""
        return await read_orders(
            orders, self._collectors, reads, self._plan, network=self._network, last=last
        )

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
        found = sort_projections(projections, self._sources.reading.derived)
        related = Related()
        resources = SubscriptionResources.build(
            subscription_id,
            found.resources,
            found.failures,
            incomplete(asked),
            as_of=as_of,
            listed=found.listed,
            settings=self._settings,
        )
        if self._network and not is_directory(subscription_id):
            unread = incomplete(asked).get(ADMIN_RULES)
            gaps = [] if unread is None else [ReadFailure(resource_id=None, type=ADMIN_RULES, reason=unread)]
            network = SubscriptionNetwork.build(found.network, [*found.failures, *gaps])
            self._relate_network(network, resources, related, focus)
        rules = self._directory_rules if is_directory(subscription_id) else self._resource_rules
        for resource_rule in rules:
            related.take(resource_rule.metadata.rule_id, _focused(resource_rule.evaluate(resources), focus))
        return related

    def _relate_network(
        self, network: SubscriptionNetwork, resources: SubscriptionResources, related: Related, focus: Focus
    ) -> None:
        exposures = list(network.exposures())
        related.exposures = [row for row in exposures if _concerns(row, focus)]
        nearby = _on_paths(related.exposures) if focus.neighbours else _NOBODY
        for rule in self._network_rules:
            related.take(rule.metadata.rule_id, _focused(rule.evaluate(network), focus, nearby))
        if self._confirm:
            related.confirmable = confirmable_findings(network, related.observations)
        related.failures = [
            failure
            for failure in network.unresolved
            if failure.resource_id is None or not focus.narrow or focus.covers(failure.resource_id)
        ]
        if not self._estate_rules:
            return
        estate = Estate(resources, network, exposures)
        analysis = find_paths(estate)
        estate.routes = analysis.routes
        related.attack_paths = [path for path in analysis.paths if _leads_through(path, focus)]
        related.paths_omitted = analysis.summary.omitted
        for estate_rule in self._estate_rules:
            related.take(estate_rule.metadata.rule_id, _focused(estate_rule.evaluate(estate), focus))


def _parsed(row: Any, focus: Focus) -> Resource:
    """One row as a resource of a scope that was asked for.

    Raises:
        UnreadableResourceError: it is none.
    """
    scope = _scope_of(row)
    resource = parse_row(row, within=scope)
    if not focus.expects(resource.subscription_id):
        reason = "row of a subscription that was not asked for"
        raise UnreadableResourceError(reason, resource.id, resource.type)
    return resource


def _scope_of(row: Any) -> str | None:
    """The scope that a row is itself, or that Resource Graph names beside an id which does not tell."""
    identity = row.get("id") if isinstance(row, dict) else None
    if not isinstance(identity, str):
        return None
    parts = identity.lower().split("/")
    if len(parts) == 3 and parts[1] == "tenants":
        return f"tenant-{parts[2]}"
    if len(parts) == 3 and parts[1] == "subscriptions":
        return parts[2]
    if parts[1:2] == ["subscriptions"]:
        return None
    named = row.get("subscriptionId")
    return named if isinstance(named, str) and named else None


def _focused(
    results: Iterable[RuleResult], focus: Focus, nearby: frozenset[str] = _NOBODY
) -> Iterable[RuleResult]:
    """Those about what was asked for, or about the resources `nearby` (lower-cased ids)."""
    if not focus.narrow:
        return results
    return (
        result
        for result in results
        if focus.covers(result.resource_id) or (nearby and result.resource_id.lower() in nearby)
    )


def _on_paths(exposures: Iterable[Exposure]) -> frozenset[str]:
    """Every resource that exposures name, lower-cased."""
    return frozenset(
        one.lower()
        for row in exposures
        for one in (row.entry_point, row.resource_id, *(step.resource_id for step in row.path))
        if one is not None
    )


def _subscription_of(resource_id: str | None) -> str | None:
    parts = (resource_id or "").lower().split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "subscriptions" and parts[2] else None


def _leads_through(path: AttackPath, focus: Focus) -> bool:
    return not focus.narrow or any(
        focus.covers(one) for one in (path.entry_point, path.workload, path.target)
    )


def _concerns(row: Exposure, focus: Focus) -> bool:
    if not focus.narrow:
        return True
    named = (row.entry_point, row.resource_id, *(step.resource_id for step in row.path))
    return any(one is not None and focus.covers(one) for one in named)
