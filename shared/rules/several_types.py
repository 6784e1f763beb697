"""Rules that judge resources of several types alike, by the resources around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError, Fact
from shared.rules.property_rule import judged, unread
from shared.rules.related_rule import Judge
from shared.rules.resources import SubscriptionResources


@dataclass(frozen=True, slots=True)
class SeveralTypesRule:
    """Judges each resource of the types `judged_types`, all of which the rule reads.

    `judge` raises ColumnError where it cannot be told.
    """

    metadata: RuleMetadata
    columns: Mapping[str, tuple[str, ...]]
    judged_types: tuple[str, ...]
    judge: Judge
    facts: tuple[Fact, ...] = field(default=())

    def evaluate(self, subject: SubscriptionResources) -> Iterator[RuleResult]:
        """One result for each resource read, and for each that could not be."""
        for kind in self.judged_types:
            for resource in subject.of(kind):
                try:
                    yield self.judge(self.metadata, resource, subject)
                except ColumnError as error:
                    yield judged(self.metadata, resource.id, (), str(error))
            yield from unread(self.metadata, subject, kind)
