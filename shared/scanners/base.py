"""What a scanner is: what it reads, how it reads a page and below it, how it relates what it read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from shared.domain.coverage import ReadFailure, TypeCoverage
from shared.domain.exposure import Exposure
from shared.domain.finding import Observation
from shared.domain.plan_record import Reading
from shared.domain.reading import Listing
from shared.domain.scan import ScanRequest
from shared.ports.reads import AzureReads
from shared.rules.base import RuleMetadata, RuleResult
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
class Related:
    """What the relations of one subscription or directory came down to."""

    results: list[RuleResult] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)
    failures: list[ReadFailure] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Focus:
    """The part of a subscription that was asked for; the rest is read as context and not reported."""

    resource_group: str | None = None
    resources: frozenset[str] = frozenset()
    """Lower-cased ARM ids; empty = all."""
    subscriptions: frozenset[str] = frozenset()
    """Lower-cased ids that a listing was asked for; empty = any. A row of another one is a failure."""

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

    def of(self, request: ScanRequest) -> Scanner | None:
        """What a scan runs; None when this build has no scanner of its type."""
        ...
