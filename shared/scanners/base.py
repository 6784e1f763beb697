"""What a scanner is: which types it reads, how it reads a page of them, how it relates what it read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from shared.domain.coverage import ReadFailure, TypeCoverage
from shared.domain.exposure import Exposure
from shared.domain.finding import Observation
from shared.ports.inventory import InventoryQuery
from shared.rules.base import RuleMetadata, RuleResult

Projection = Mapping[str, Any]
"""JSON-able columns of one resource: what the relation stage needs of it."""


@dataclass(slots=True)
class Collected:
    """What one page of inventory came down to."""

    projections: dict[str, list[Projection]] = field(default_factory=dict)
    types: list[TypeCoverage] = field(default_factory=list)
    failures: list[ReadFailure] = field(default_factory=list)
    resources_read: int = 0


@dataclass(slots=True)
class Related:
    """What one subscription's relations came down to."""

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
    """A scanner over Azure resources."""

    @property
    def name(self) -> str:
        """Its name in the ledger."""
        ...

    @property
    def query(self) -> InventoryQuery:
        """The bulk query that feeds it."""
        ...

    @property
    def types(self) -> tuple[str, ...]:
        """Resource types it evaluates, lower-cased: exactly what its rules read."""
        ...

    @property
    def noticed_types(self) -> Mapping[str, str]:
        """Types it asks for only to say that it does not evaluate them: type -> reason."""
        ...

    def rules(self) -> Sequence[RuleMetadata]:
        """The rules it runs."""
        ...

    def collect(self, rows: Iterable[Any], focus: Focus) -> Collected:
        """Parse one page. Never raises for bad rows: they are failures."""
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
        """Join one subscription and run the rules that relate.

        Args:
            asked: how completely each type was read in the subscription; what is not named was read whole.
            as_of: when the oldest of it was read.
        """
        ...
