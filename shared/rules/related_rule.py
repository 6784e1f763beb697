"""Rules over resources that look at more than one type: what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, Fact
from shared.rules.expectations import Expectation
from shared.rules.property_rule import judged, resource_finding, unread
from shared.rules.resources import ResourceColumns, SubscriptionResources
from shared.rules.sentences import plain

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


def subscription_has(
    metadata: RuleMetadata, expected: Expectation, lacking: str, *, named: str | None = None
) -> SubscriptionRule:
    """A resource of the first type that the rule reads meets it, else "The subscription <lacking>".

    Args:
        named: only the resource with this name, in any case, such as the plan `VirtualMachines`.
    """
    kind = metadata.reads[0]

    def judge(metadata: RuleMetadata, subject: SubscriptionResources) -> RuleResult:
        looked_at: dict[str, str] = {}
        doubt: str | None = None
        for one in subject.of(kind):
            if named is not None and one.name.lower() != named.lower():
                continue
            try:
                verdict = expected.judge(one.columns)
            except ColumnError as error:
                doubt = f"{one.name}: {error}"
                continue
            if verdict.status is RuleStatus.PASS:
                return RuleResult(metadata.rule_id, subject.id, RuleStatus.PASS)
            looked_at[one.name] = verdict.words
        doubt = doubt or subject.doubt(kind)
        if doubt is not None:
            return judged(metadata, subject.id, (), doubt)
        evidence = {"looked_at": dict(list(looked_at.items())[:20])}
        words = f"The {'directory' if subject.id.startswith('/tenants/') else 'subscription'} {lacking}"
        if named is not None and looked_at:
            words = f"{words}: {plain(next(iter(looked_at.values())))}"
        return judged(metadata, subject.id, [resource_finding(metadata, subject.id, words, evidence)])

    return SubscriptionRule(metadata, {kind: expected.paths}, judge)
