"""Rules that look through a whole type once, and then at each resource with what that came to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError, Fact
from shared.rules.property_rule import judged, unread
from shared.rules.resources import ResourceColumns, SubscriptionResources

Prepared = TypeVar("Prepared")


@dataclass(frozen=True, slots=True)
class PreparedRule(Generic[Prepared]):
    """A `RelatedRule` whose relation is an index: its cost is the sum of both types, not their product.

    `prepare` must not raise; `judge` raises ColumnError where it cannot be told.
    """

    metadata: RuleMetadata
    columns: Mapping[str, tuple[str, ...]]
    prepare: Callable[[SubscriptionResources], Prepared]
    judge: Callable[[RuleMetadata, ResourceColumns, SubscriptionResources, Prepared], RuleResult]
    facts: tuple[Fact, ...] = field(default=())

    def evaluate(self, subject: SubscriptionResources) -> Iterator[RuleResult]:
        """One result for each resource of the first type read, and for each that could not be."""
        kind = self.metadata.reads[0]
        resources = subject.of(kind)
        if resources:
            prepared = self.prepare(subject)
            for resource in resources:
                try:
                    yield self.judge(self.metadata, resource, subject, prepared)
                except ColumnError as error:
                    yield judged(self.metadata, resource.id, (), str(error))
        yield from unread(self.metadata, subject, kind)
