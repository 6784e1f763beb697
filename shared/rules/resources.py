"""The resources of one subscription by their declared columns: what property rules look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.coverage import ReadFailure
from shared.domain.resource import parse_arm_id


@dataclass(frozen=True, slots=True)
class ResourceColumns:
    """One resource: its id as Azure spells it, its lower-cased type, and its columns in ARM's shape."""

    id: str
    type: str
    columns: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The id as it is compared."""
        return self.id.lower()

    @property
    def name(self) -> str:
        """The last part of the id."""
        return parse_arm_id(self.id).name


@dataclass(slots=True)
class SubscriptionResources:
    """The resources of one subscription whose columns were read, and what is known to be missing."""

    subscription_id: str
    incomplete: Mapping[str, str] = field(default_factory=dict)
    """Types that were not read whole, and why: that one of them is not there cannot be said."""
    _by_type: dict[str, list[ResourceColumns]] = field(default_factory=dict)
    _failures: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        subscription_id: str,
        resources: Iterable[ResourceColumns],
        unreadable: Iterable[ReadFailure] = (),
        incomplete: Mapping[str, str] | None = None,
    ) -> SubscriptionResources:
        """Group resources by type, in the order of their ids.

        Args:
            unreadable: resources that were met but could not be understood.
            incomplete: types of which not all was read, and why.
        """
        found = cls(subscription_id, dict(incomplete or {}))
        for one in sorted(resources, key=lambda each: each.key):
            found._by_type.setdefault(one.type, []).append(one)
        for failure in unreadable:
            if failure.resource_id is not None and failure.type is not None:
                entry = (failure.resource_id, failure.reason)
                found._failures.setdefault(failure.type.lower(), []).append(entry)
        return found

    @property
    def id(self) -> str:
        """The subscription as a subject of findings."""
        return f"/subscriptions/{self.subscription_id}"

    def of(self, kind: str) -> list[ResourceColumns]:
        """Every resource of a lower-cased type, in the order of the ids."""
        return self._by_type.get(kind, [])

    def find(self, kind: str, resource_id: str) -> ResourceColumns | None:
        """The resource with this id, in any case."""
        wanted = resource_id.lower()
        return next((one for one in self.of(kind) if one.key == wanted), None)

    def failures(self, kind: str) -> list[tuple[str, str]]:
        """Id and reason of every resource of a type that could not be understood."""
        return self._failures.get(kind, [])

    def doubt(self, kind: str) -> str | None:
        """Why it cannot be said that a resource of this type is not there; None when it can."""
        failures = self.failures(kind)
        if failures:
            return f"{failures[0][0]} could not be understood: {failures[0][1]}"
        reason = self.incomplete.get(kind)
        return None if reason is None else f"{kind} was not read whole: {reason}"
