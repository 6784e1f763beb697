"""What is read below resources, one by one: children, extensions and settings that no bulk listing has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from shared.domain.coverage import CoverageStatus, TypeCoverage
from shared.ports.reads import AzureReads

MAX_ORDERS: Final = 200
"""Resources whose details one message reads: at 25 reads a second and subscription some ten seconds."""


@dataclass(frozen=True, slots=True)
class DetailOrder:
    """One resource below which one collector is to read."""

    collector: str
    types: tuple[str, ...]
    """What is wanted of it: types, lower-cased."""
    scope_id: str
    """The subscription or directory in whose name it is read."""
    parent: Mapping[str, Any]
    """The resource as far as collectors need it: `id`, `type`, `kind` and the `properties` they keep."""

    def as_json(self) -> dict[str, Any]:
        """As it travels to the shard."""
        return {"c": self.collector, "t": list(self.types), "s": self.scope_id, "p": dict(self.parent)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> DetailOrder:
        """What `as_json` gave."""
        return cls(stored["c"], tuple(stored["t"]), stored["s"], stored["p"])


@dataclass(frozen=True, slots=True)
class Detail:
    """What was read of one type below one resource: its rows, or why there are none."""

    type: str
    rows: tuple[Any, ...] = ()
    reason: str | None = None
    """Why they could not be read; with rows, what of them is hidden, which the rows themselves show."""
    denied: bool = False
    """Whether the reason is a missing permission."""


class Collector(Protocol):
    """Reads the details of one kind of resource."""

    @property
    def name(self) -> str:
        """Its name in orders: unique."""
        ...

    @property
    def parents(self) -> tuple[str, ...]:
        """Types of the resources below which it reads, lower-cased."""
        ...

    @property
    def types(self) -> tuple[str, ...]:
        """Types that it gives, lower-cased."""
        ...

    @property
    def permissions(self) -> Mapping[str, tuple[str, ...]]:
        """Type that it gives -> what reading it needs: Azure actions, `data:` and `graph:` permissions."""
        ...

    @property
    def keeps(self) -> tuple[str, ...]:
        """Members of a parent's `properties` that it needs beside its id."""
        ...

    @property
    def opt_in(self) -> bool:
        """Whether an operator must ask for it: it reads more than Reader may, or is shown secrets."""
        ...

    async def read(
        self, parent: Mapping[str, Any], wanted: frozenset[str], reads: AzureReads
    ) -> Sequence[Detail]:
        """One detail for each wanted type.

        Raises:
            InventoryError: transient: a later try may succeed. What is final is a detail with a reason.
        """
        ...


def parted(orders: Sequence[DetailOrder], most: int) -> list[list[DetailOrder]]:
    """Orders in parts of about equal size, at most `most` of them."""
    count = min(most, -(-len(orders) // MAX_ORDERS))
    size = -(-len(orders) // count)
    return [list(orders[start : start + size]) for start in range(0, len(orders), size)]


def asked_of(orders: Sequence[DetailOrder]) -> tuple[TypeCoverage, ...]:
    """How many lists of which type a part is to read in which scope."""
    counts = Counter((one.scope_id, kind) for one in orders for kind in one.types)
    return tuple(
        TypeCoverage(subscription_id=scope, type=kind, status=CoverageStatus.READ, asked=count)
        for (scope, kind), count in sorted(counts.items())
    )
