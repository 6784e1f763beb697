"""What a scanner is: what it reads, how it reads a page and below it, how it relates what it read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from shared.domain.attack_path import AttackPath
from shared.domain.coverage import PASSED_NAMED, ReadFailure, TypeCoverage
from shared.domain.exposure import Exposure
from shared.domain.finding import Observation
from shared.domain.plan_record import Reading
from shared.domain.probe import Probe, Unaskable
from shared.domain.reading import Listing
from shared.domain.scan import ScanRequest
from shared.ports.reads import AzureReads
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.scanners.details import DetailOrder
from shared.scanners.needs import Need

Projection = Mapping[str, Any]
"""JSON-able columns of one resource: what the relation stage needs of it."""


@dataclass(slots=True)
class Collected:
    """What one page of inventory, or one part of the details below it, came down to."""

    projections: dict[str, list[Projection]] = field(default_factory=dict)
    """By subscription or directory."""
    types: list[TypeCoverage] = field(default_factory=list)
    failures: list[ReadFailure] = field(default_factory=list)
    resources_read: int = 0


@dataclass(slots=True)
class Outcome:
    """What one rule said of a subscription or directory, in sum."""

    tally: Counter[RuleStatus] = field(default_factory=Counter)
    settled: frozenset[str] = frozenset()
    """Lower-cased ids of the resources on which it could look and gave its word."""
    reason: str | None = None
    """Why it could not look at a resource, or not at all of it: the first of such reasons."""
    passed: list[str] = field(default_factory=list)
    """Ids of the first resources on which it passed."""


@dataclass(slots=True)
class Related:
    """What the relations of one subscription or directory came down to.

    Results are counted as they come, since hundreds of rules give one for each of thousands of resources.
    """

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """By rule."""
    observations: list[Observation] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)
    failures: list[ReadFailure] = field(default_factory=list)
    attack_paths: list[AttackPath] = field(default_factory=list)
    paths_omitted: int = 0
    """Attack paths that were found and, being less severe, are not kept."""
    confirmable: list[Confirmable] = field(default_factory=list)
    """Critical findings about which Azure is to be asked, in the order of their fingerprints."""
    _looked_at: dict[str, str] = field(default_factory=dict)
    _shared: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)
    """One of each set of settled ids: rules about one type mostly settle the same."""

    @property
    def looked_at(self) -> Collection[str]:
        """Lower-cased ids of every resource that a rule spoke of."""
        return self._looked_at.values()

    def take(self, rule_id: str, results: Iterable[RuleResult]) -> None:
        """Count the results of one rule, and keep what it found."""
        outcome = Outcome()
        settled = set()
        for result in results:
            outcome.tally[result.status] += 1
            self.observations.extend(result.observations)
            key = self._looked_at.get(result.resource_id)
            if key is None:
                key = self._looked_at[result.resource_id] = result.resource_id.lower()
            if result.reason is not None:
                outcome.reason = outcome.reason or result.reason
            elif result.status is not RuleStatus.ERROR:
                settled.add(key)
                full = len(outcome.passed) == PASSED_NAMED or result.resource_id in outcome.passed
                if result.status is RuleStatus.PASS and not full:
                    outcome.passed.append(result.resource_id)
        outcome.settled = frozenset(settled)
        outcome.settled = self._shared.setdefault(outcome.settled, outcome.settled)
        self.outcomes[rule_id] = outcome


@dataclass(frozen=True, slots=True)
class Confirmable:
    """A critical finding that Azure can be asked to confirm, and the packets that would show it."""

    fingerprint: str
    paths: tuple[Probe | Unaskable, ...]
    complete: bool
    """Whether these are all of its paths."""


@dataclass(frozen=True, slots=True)
class Focus:
    """The part of a subscription that was asked for; the rest is read as context and not reported."""

    resource_group: str | None = None
    resources: frozenset[str] = frozenset()
    """Lower-cased ARM ids; empty = all."""
    subscriptions: frozenset[str] = frozenset()
    """Lower-cased ids that a listing was asked for; empty = any. A row of another one is a failure."""
    neighbours: bool = False
    """Whether network rules also speak of what lies on one path with the resources."""

    @property
    def narrow(self) -> bool:
        """Whether less than the whole subscription was asked for."""
        return self.resource_group is not None or bool(self.resources)

    def expects(self, subscription_id: str) -> bool:
        """Whether a row of this subscription was asked for."""
        return not self.subscriptions or subscription_id.lower() in self.subscriptions

    def covers(self, resource_id: str) -> bool:
        """Whether a resource, or the one it is a child of, was asked for."""
        key = resource_id.lower()
        if self.resource_group is not None and f"/resourcegroups/{self.resource_group.lower()}/" not in key:
            return False
        return not self.resources or any(key == one or key.startswith(one + "/") for one in self.resources)


class Scanner(Protocol):
    """What one scan does with Azure: all the scanners of its type that this build has, as one."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the scanners that it is made of."""
        ...

    @property
    def listings(self) -> tuple[Listing, ...]:
        """What is listed: exactly what its rules read, and what they are read below."""
        ...

    @property
    def reading(self) -> Reading:
        """The types that it answers for."""
        ...

    def rules(self) -> Sequence[RuleMetadata]:
        """The rules it runs."""
        ...

    def needs(self) -> Sequence[Need]:
        """The permissions that it takes."""
        ...

    def collect(self, rows: Iterable[Any], focus: Focus) -> Collected:
        """Parse one page. Never raises for bad rows: they are failures."""
        ...

    def details(self, rows: Iterable[Any], focus: Focus) -> list[DetailOrder]:
        """What is to be read below the rows of a page."""
        ...

    async def read_details(
        self, orders: Sequence[DetailOrder], focus: Focus, reads: AzureReads, *, last: bool = False
    ) -> Collected:
        """Read what was ordered.

        Args:
            last: there is no later try: what fails now is named, and the rest is kept.

        Raises:
            InventoryError: transient: a later try may succeed.
        """
        ...

    def relate(
        self,
        subscription_id: str,
        projections: Iterable[Projection],
        focus: Focus,
        asked: Sequence[TypeCoverage] = (),
        *,
        as_of: datetime,
    ) -> Related:
        """Join one subscription (or directory) and run the rules.

        Args:
            asked: how completely each type was read in it; what is not named was read whole.
            as_of: when the oldest of it was read.
        """
        ...


class Scanners(Protocol):
    """The scanners of a build."""

    @property
    def names(self) -> frozenset[str]:
        """Their names, as the ledger and scan types use them."""
        ...

    def rules(self) -> Sequence[RuleMetadata]:
        """Every rule of the build."""
        ...

    def of(self, request: ScanRequest, expiring_within: timedelta | None = None) -> Scanner | None:
        """What a scan runs; None when this build has no scanner of its type.

        `expiring_within`: what ends sooner is expiring soon; None leaves it to the build's own setting.
        """
        ...
