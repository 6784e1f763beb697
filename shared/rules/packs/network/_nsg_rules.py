"""Findings at rules of an NSG that were judged when the NSG was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.exposure.projection import NSG_TYPE
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError, Fact, read_fact
from shared.rules.property_rule import judged, resource_finding, unread
from shared.rules.resources import ResourceColumns, SubscriptionResources


@dataclass(frozen=True, slots=True)
class NsgRulesRule:
    """A rule that has one finding for each rule of an NSG that a fact lists (with its `name`)."""

    metadata: RuleMetadata
    fact: Fact
    describe: Callable[[Mapping[str, Any]], str]

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Nothing beside the fact."""
        return {}

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The fact."""
        return (self.fact,)

    def evaluate(self, subject: SubscriptionResources) -> Iterator[RuleResult]:
        """One result for each NSG read, and for each that could not be."""
        for group in subject.of(NSG_TYPE):
            yield self._judge(group)
        yield from unread(self.metadata, subject, NSG_TYPE)

    def _judge(self, group: ResourceColumns) -> RuleResult:
        try:
            listed = read_fact(group.columns, self.fact.name)
        except ColumnError as error:
            return judged(self.metadata, group.id, (), str(error))
        return judged(
            self.metadata,
            group.id,
            [
                resource_finding(
                    self.metadata,
                    group.id,
                    self.describe(one),
                    {"network_security_group": group.id, "rule": one},
                    subject=f"{group.id}/securityRules/{one['name']}",
                )
                for one in listed
            ],
        )
