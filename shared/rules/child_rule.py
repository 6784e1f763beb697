"""Rules that judge a resource by its children or extensions: settings, firewall rules, databases, keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, Fact
from shared.rules.expectations import MET, NOT_APPLICABLE, Expectation, Verdict, unmet
from shared.rules.property_rule import judged, resource_finding, unread, values_read
from shared.rules.resources import ResourceColumns, SubscriptionResources
from shared.rules.sentences import sentence


class Children(StrEnum):
    """Which of the children must meet the expectation."""

    SOME = "some"
    """At least one; the parent is to blame when none does."""
    EVERY = "every"
    """Each of them; every child that does not is a finding of its own."""


@dataclass(frozen=True, slots=True)
class ChildRule:
    """Judges each resource of the first type read by its children of the second.

    One result for each parent. Where its children could not be read, that result is an error.
    """

    metadata: RuleMetadata
    expected: Expectation
    """Of a child's columns."""
    children: Children
    none: Verdict = MET
    """The verdict on a parent without (selected) children, for EVERY; SOME fails with `lacking`."""
    lacking: str = ""
    """What is so when no child meets the expectation, for SOME: 'has no diagnostic setting that ...'."""
    named: str | None = None
    """Only the child with this name, in any case, such as `default` or `require_secure_transport`."""
    applies: Expectation | None = None
    """Of the parent: one that does not meet it is not applicable, and its children are not looked at."""
    facts: tuple[Fact, ...] = field(default=())

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """What must be kept: paths by type."""
        parent, child = self.metadata.reads[:2]
        return {parent: self.applies.paths if self.applies else (), child: self.expected.paths}

    def evaluate(self, subject: SubscriptionResources) -> Iterator[RuleResult]:
        """One result for each parent read, and for each that could not be."""
        kind = self.metadata.reads[0]
        for parent in subject.of(kind):
            try:
                yield self._judge(parent, subject)
            except ColumnError as error:
                yield RuleResult(self.metadata.rule_id, parent.id, RuleStatus.ERROR, reason=str(error))
        yield from unread(self.metadata, subject, kind)

    def _judge(self, parent: ResourceColumns, subject: SubscriptionResources) -> RuleResult:
        if self.applies is not None and self.applies.judge(parent.columns).status is not RuleStatus.PASS:
            return RuleResult(self.metadata.rule_id, parent.id, RuleStatus.NOT_APPLICABLE)
        found = [
            one
            for one in subject.children(self.metadata.reads[1], parent.id)
            if self.named is None or one.name.lower() == self.named.lower()
        ]
        return self._some(parent, found) if self.children is Children.SOME else self._every(parent, found)

    def _some(self, parent: ResourceColumns, found: list[ResourceColumns]) -> RuleResult:
        said = [(one, self.expected.judge(one.columns)) for one in found]
        if any(verdict.status is RuleStatus.PASS for _, verdict in said):
            return RuleResult(self.metadata.rule_id, parent.id, RuleStatus.PASS)
        evidence = {"looked_at": {one.name: verdict.words for one, verdict in said[:20]}}
        words = f"{parent.name} {self.lacking}"
        return judged(self.metadata, parent.id, [resource_finding(self.metadata, parent.id, words, evidence)])

    def _every(self, parent: ResourceColumns, found: list[ResourceColumns]) -> RuleResult:
        findings, doubts, met = [], [], 0
        for one in found:
            try:
                verdict = self.expected.judge(one.columns)
            except ColumnError as error:
                doubts.append(f"{one.name}: {error}")
                continue
            met += verdict.status is RuleStatus.PASS
            if verdict.status is RuleStatus.FAIL:
                said = sentence(self.metadata.finding_title, verdict.words, self.expected.paths)
                # A child that every parent has under one name, such as `default`, says nothing by it.
                whose = f"{one.name} of {parent.name}" if self.named is None else parent.name
                words = f"{whose}: {said}"
                evidence = {"properties": values_read(one.columns, self.expected.paths)}
                findings.append(resource_finding(self.metadata, parent.id, words, evidence, subject=one.id))
        if not findings and not doubts and not met:
            return self._none(parent)
        return judged(self.metadata, parent.id, findings, doubts[0] if doubts else None)

    def _none(self, parent: ResourceColumns) -> RuleResult:
        if self.none.status is not RuleStatus.FAIL:
            return RuleResult(self.metadata.rule_id, parent.id, self.none.status)
        words = f"{parent.name} {self.none.words}"
        return judged(self.metadata, parent.id, [resource_finding(self.metadata, parent.id, words, {})])


def some_child(
    metadata: RuleMetadata,
    expected: Expectation,
    lacking: str,
    *,
    named: str | None = None,
    applies: Expectation | None = None,
) -> ChildRule:
    """At least one child meets the expectation; a parent without fails: "<name> <lacking>"."""
    return ChildRule(metadata, expected, Children.SOME, lacking=lacking, named=named, applies=applies)


def every_child(
    metadata: RuleMetadata,
    expected: Expectation,
    *,
    none: Verdict = MET,
    named: str | None = None,
    applies: Expectation | None = None,
) -> ChildRule:
    """Every child meets the expectation; `none` is the verdict on a parent without any."""
    return ChildRule(metadata, expected, Children.EVERY, none=none, named=named, applies=applies)


def no_child(
    metadata: RuleMetadata, refused: Expectation, words: str, *, applies: Expectation | None = None
) -> ChildRule:
    """No child meets `refused`; each that does is a finding: "<child> of <name>: <words>"."""

    def judge(columns: Mapping[str, object]) -> Verdict:
        return unmet(words) if refused.judge(columns).status is RuleStatus.PASS else MET

    return ChildRule(metadata, Expectation(refused.paths, judge), Children.EVERY, applies=applies)


__all__ = ["NOT_APPLICABLE", "ChildRule", "Children", "every_child", "no_child", "some_child"]
