"""What resource rules look at: the resources of one subscription or directory, by declared columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.domain.coverage import ReadFailure
from shared.domain.reading import scope_resource_id
from shared.domain.resource import parent_id, parents
from shared.rules.columns import ColumnError


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """What an operator may set of the rules."""

    expiring_within: timedelta = timedelta(days=30)
    """Credentials that end within this time are reported as expiring."""


@dataclass(frozen=True, slots=True)
class ResourceColumns:
    """One resource: its id as Azure spells it, its lower-cased type, and its columns in ARM's shape."""

    id: str
    type: str
    columns: Mapping[str, Any]
    owner: str = ""
    """Lower-cased id of the resource under which it was read, where its own id does not tell."""

    @property
    def key(self) -> str:
        """The id as it is compared."""
        return self.id.lower()

    @property
    def name(self) -> str:
        """The last part of the id."""
        return self.id.rsplit("/", 1)[-1]

    def owners(self) -> tuple[str, ...]:
        """Lower-cased ids of the resources that it is a child or an extension of, nearest first."""
        found = parents(self.key)
        return (*found, self.owner) if self.owner and self.owner not in found else found


@dataclass(frozen=True, slots=True)
class Listed:
    """Types whose resources are read one parent at a time, and of which parents that was done.

    A type that is not named here was listed for the whole subscription at once.
    """

    types: frozenset[str] = frozenset()
    done: frozenset[tuple[str, str]] = frozenset()
    """(type, lower-cased id of the parent)."""


@dataclass(slots=True)
class SubscriptionResources:
    """The resources of one subscription (or directory) whose columns were read, and what is missing."""

    subscription_id: str
    as_of: datetime
    """When they were read: what "expired" is measured against."""
    incomplete: Mapping[str, str] = field(default_factory=dict)
    """Types that were not read whole, and why: that one of them is not there cannot be said."""
    listed: Listed = field(default_factory=Listed)
    settings: RuleSettings = field(default_factory=RuleSettings)
    _by_type: dict[str, list[ResourceColumns]] = field(default_factory=dict)
    _failures: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    _ids: dict[str, dict[str, ResourceColumns]] = field(default_factory=dict)
    _children: dict[str, dict[str, list[ResourceColumns]]] = field(default_factory=dict)
    _failed_below: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        subscription_id: str,
        resources: Iterable[ResourceColumns],
        unreadable: Iterable[ReadFailure] = (),
        incomplete: Mapping[str, str] | None = None,
        *,
        as_of: datetime,
        listed: Listed | None = None,
        settings: RuleSettings | None = None,
    ) -> SubscriptionResources:
        """Group resources by type, in the order of their ids.

        Args:
            unreadable: resources that were met but could not be understood; and for a type of `listed`, the
                parents whose list could not be read.
            incomplete: types of which not all was read, and why.
            as_of: when they were read.
            listed: types that are read parent by parent.
        """
        found = cls(
            subscription_id, as_of, dict(incomplete or {}), listed or Listed(), settings or RuleSettings()
        )
        for one in sorted(resources, key=lambda each: each.key):
            found._by_type.setdefault(one.type, []).append(one)
        for failure in unreadable:
            if failure.resource_id is not None and failure.type is not None:
                entry = (failure.resource_id, failure.reason)
                found._failures.setdefault(failure.type.lower(), []).append(entry)
        return found

    @property
    def id(self) -> str:
        """The subscription, or the directory, as a subject of findings."""
        return scope_resource_id(self.subscription_id)

    def of(self, kind: str) -> list[ResourceColumns]:
        """Every resource of a lower-cased type, in the order of the ids."""
        return self._by_type.get(kind, [])

    def find(self, kind: str, resource_id: str) -> ResourceColumns | None:
        """The resource with this id, in any case."""
        if kind not in self._ids:
            self._ids[kind] = {one.key: one for one in self.of(kind)}
        return self._ids[kind].get(resource_id.lower())

    def children(self, kind: str, of: str) -> list[ResourceColumns]:
        """The resources of a type that are children, or extensions, of the resource with the id `of`.

        Raises:
            ColumnError: they were not all read; the message says why.
        """
        reason = self.unlisted(kind, of)
        if reason is not None:
            raise ColumnError(reason)
        if kind not in self._children:
            grouped: dict[str, list[ResourceColumns]] = {}
            for one in self.of(kind):
                for owner in one.owners():
                    grouped.setdefault(owner, []).append(one)
            self._children[kind] = grouped
        return self._children[kind].get(of.lower(), [])

    def whole(self, kind: str) -> list[ResourceColumns]:
        """Every resource of a type.

        Raises:
            ColumnError: they were not all read; the message says why.
        """
        reason = self.doubt(kind)
        if reason is not None:
            raise ColumnError(reason)
        return self.of(kind)

    def unlisted(self, kind: str, of: str) -> str | None:
        """Why the children of one resource may not all be known; None when they are."""
        parent = of.lower()
        if kind not in self._failed_below:
            failed = self._failed_below[kind] = {}
            for identity, why in self.failures(kind):
                failed.setdefault(identity.lower(), why)
                failed.setdefault(parent_id(identity).lower(), why)
        reason = self._failed_below[kind].get(parent)
        if reason is not None:
            return f"{kind} of {of.rsplit('/', 1)[-1]} could not be read: {reason}"
        if kind in self.listed.types:
            if any((kind, one) in self.listed.done for one in (parent, *parents(parent, nested=True))):
                return None
            why = self.incomplete.get(kind, "not asked for, or no answer")
            return f"{kind} of {of.rsplit('/', 1)[-1]} was not read: {why}"
        reason_of_type = self.incomplete.get(kind)
        return None if reason_of_type is None else f"{kind} was not read whole: {reason_of_type}"

    def failures(self, kind: str) -> list[tuple[str, str]]:
        """Id and reason of every resource of a type that could not be understood (see `build`)."""
        return self._failures.get(kind, [])

    def doubt(self, kind: str) -> str | None:
        """Why it cannot be said that a resource of this type is not there; None when it can."""
        failures = self.failures(kind)
        if failures:
            return f"{failures[0][0]} could not be understood: {failures[0][1]}"
        reason = self.incomplete.get(kind)
        return None if reason is None else f"{kind} was not read whole: {reason}"
