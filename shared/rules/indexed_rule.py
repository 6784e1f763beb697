"""Rules that look resources up in an index of others, made once for each subscription."""

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
class IndexedRule(Generic[Index]):
    """Judges each resource of the first type that it reads by what `index` found in the subscription.

    Both raise ColumnError where it cannot be told: `index` of any resource, `judge` of one.
    """

    metadata: RuleMetadata
    columns: Mapping[str, tuple[str, ...]]
    index: Callable[[SubscriptionResources], Index]
    judge: Callable[[RuleMetadata, ResourceColumns, SubscriptionResources, Index], RuleResult]
    facts: tuple[Fact, ...] = field(default=())

    def evaluate(self, subject: SubscriptionResources) -> Iterator[RuleResult]:
        """One result for each resource read, and for each that could not be."""
        kind = self.metadata.reads[0]
        try:
            index = self.index(subject)
        except ColumnError as error:
            for resource in subject.of(kind):
                yield judged(self.metadata, resource.id, (), str(error))
        else:
            for resource in subject.of(kind):
                try:
                    yield self.judge(self.metadata, resource, subject, index)
                except ColumnError as error:
                    yield judged(self.metadata, resource.id, (), str(error))
        yield from unread(self.metadata, subject, kind)
