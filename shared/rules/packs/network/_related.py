"""Rules over resources that look at more than one type: what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError, Fact
from shared.rules.property_rule import judged, unread
from shared.rules.resources import ResourceColumns, SubscriptionResources

Judge = Callable[[RuleMetadata, ResourceColumns, SubscriptionResources], RuleResult]


@dataclass(frozen=True, slots=True)
class RelatedRule:
    """Judges each resource of the first type that it reads, by the resources around it.

    `judge` raises ColumnError where it cannot be told.
    """

    metadata: RuleMetadata
    columns: Mapping[str, tuple[str, ...]]
    judge: Judge
    facts: tuple[Fact, ...] = field(default=())

    def evaluate(self, subject: SubscriptionResources) -> Iterator[RuleResult]:
        """One result for each resource read, and for each that could not be."""
        kind = self.metadata.reads[0]
        for resource in subject.of(kind):
            try:
                yield self.judge(self.metadata, resource, subject)
            except ColumnError as error:
                yield judged(self.metadata, resource.id, (), str(error))
        yield from unread(self.metadata, subject, kind)


@dataclass(frozen=True, slots=True)
class SubscriptionRule:
    """Judges the subscription as a whole: one result."""

    metadata: RuleMetadata
    columns: Mapping[str, tuple[str, ...]]
    judge: Callable[[RuleMetadata, SubscriptionResources], RuleResult]
    facts: tuple[Fact, ...] = field(default=())

    def evaluate(self, subject: SubscriptionResources) -> Iterator[RuleResult]:
        """The subscription's result."""
        try:
            yield self.judge(self.metadata, subject)
        except ColumnError as error:
            yield judged(self.metadata, subject.id, (), str(error))
