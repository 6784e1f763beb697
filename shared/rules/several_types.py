"""Rules that judge resources of several types alike, by an index of others that is made once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError, Fact
from shared.rules.property_rule import judged, unread
from shared.rules.resources import ResourceColumns, SubscriptionResources

Index = TypeVar("Index")


@dataclass(frozen=True, slots=True)
class SeveralTypesRule(Generic[Index]):
    """Judges each resource of the types `judged_types`, all of which the rule reads.

    `index` is made once for a subscription and never raises; `judge` raises ColumnError where it cannot be
    told.
    """

    metadata: RuleMetadata
    columns: Mapping[str, tuple[str, ...]]
    judged_types: tuple[str, ...]
    index: Callable[[SubscriptionResources], Index]
    judge: Callable[[RuleMetadata, ResourceColumns, SubscriptionResources, Index], RuleResult]
    facts: tuple[Fact, ...] = field(default=())

    def evaluate(self, subject: SubscriptionResources) -> Iterator[RuleResult]:
        """One result for each resource read, and for each that could not be."""
        index = self.index(subject)
        for kind in self.judged_types:
            for resource in subject.of(kind):
                try:
                    yield self.judge(self.metadata, resource, subject, index)
                except ColumnError as error:
                    yield judged(self.metadata, resource.id, (), str(error))
            yield from unread(self.metadata, subject, kind)
