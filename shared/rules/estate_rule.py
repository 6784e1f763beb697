"""Rules over an estate: each judges resources of some types by the network and the resources around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError, Fact
from shared.rules.estate import Estate
from shared.rules.property_rule import judged, unread
from shared.rules.resources import ResourceColumns

Judge = Callable[[RuleMetadata, ResourceColumns, Estate], RuleResult]


@dataclass(frozen=True, slots=True)
class EstateRule:
    """Judges each resource of `judged_types`; `judge` raises ColumnError where it cannot be told."""

    metadata: RuleMetadata
    columns: Mapping[str, tuple[str, ...]]
    judged_types: tuple[str, ...]
    judge: Judge
    facts: tuple[Fact, ...] = field(default=())

    def evaluate(self, subject: Estate) -> Iterator[RuleResult]:
        """One result for each resource read, and for each that could not be."""
        for kind in self.judged_types:
            for resource in subject.resources.of(kind):
                try:
                    yield self.judge(self.metadata, resource, subject)
                except ColumnError as error:
                    yield judged(self.metadata, resource.id, (), str(error))
            yield from unread(self.metadata, subject.resources, kind)
