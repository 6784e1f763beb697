"""Rules over resources by their columns: one declaration for all that only compare properties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from shared.domain.finding import Observation, pack_evidence
from shared.domain.reading import DIRECTORY_PREFIX
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, Fact, entries_at, text_at, value_at
from shared.rules.expectations import Expectation
from shared.rules.resources import ResourceColumns, SubscriptionResources
from shared.rules.sentences import sentence


def resource_finding(
    metadata: RuleMetadata,
    evaluated_id: str,
    description: str,
    evidence: Mapping[str, Any],
    *,
    subject: str | None = None,
    discriminator: str = "",
    resource_type: str | None = None,
) -> Observation:
    """The finding of a rule without context: severity and risk are the rule's own.

    Args:
        evaluated_id: id of the resource that the rule judged: of a subscription, of something below one, or
            `/tenants/...` for a directory and its objects.
        subject: whom the finding is about, where it is a part of the evaluated resource.
    """
    identity = subject or evaluated_id
    parts = identity.strip("/").split("/")
    directory = parts[0].lower() == "tenants"
    return Observation(
        rule_id=metadata.rule_id,
        resource_id=identity,
        discriminator=discriminator,
        evaluated_id=evaluated_id,
        subscription_id=intern((DIRECTORY_PREFIX if directory else "") + parts[1].lower()),
        resource_group=_group_of(evaluated_id),
        resource_name=parts[-1],
        resource_type=resource_type or metadata.resource_type,
        severity=metadata.severity,
        title=metadata.finding_title,
        description=description,
        risk_score=metadata.risk_score,
        cvss_score=metadata.cvss_score,
        auto_remediable=metadata.auto_remediable,
        remediation_steps=metadata.remediation_steps,
        packed_evidence=pack_evidence(evidence, identity, evaluated_id),
    )


def _group_of(resource_id: str) -> str:
    parts = resource_id.strip("/").split("/")
    return intern(parts[3]) if len(parts) > 3 and parts[2].lower() == "resourcegroups" else ""


def judged(
    metadata: RuleMetadata, evaluated_id: str, findings: Iterable[Observation], reason: str | None = None
) -> RuleResult:
    """Fail with findings, error with only a reason, else pass."""
    found = tuple(findings)
    if found:
        return RuleResult(metadata.rule_id, evaluated_id, RuleStatus.FAIL, found, reason)
    if reason is not None:
        return RuleResult(metadata.rule_id, evaluated_id, RuleStatus.ERROR, reason=reason)
    return RuleResult(metadata.rule_id, evaluated_id, RuleStatus.PASS)


def unread(metadata: RuleMetadata, resources: SubscriptionResources, kind: str) -> Iterator[RuleResult]:
    """An error for each resource of a type that could not be understood."""
    for identity, reason in resources.failures(kind):
        yield RuleResult(metadata.rule_id, identity, RuleStatus.ERROR, reason=reason)


def values_read(columns: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """Evidence: what stands at each path that is no part of a list, as far as it can be read."""
    found = {}
    for path in paths:
        if "[*]" in path:
            continue
        try:
            found[path] = value_at(columns, path)
        except ColumnError:
            continue  # the verdict did not depend on it
    return found


@dataclass(frozen=True, slots=True)
class PropertyRule:
    """A rule that expects something of each resource of one type, or of each part that stands in it."""

    metadata: RuleMetadata
    expected: Expectation
    parts: str | None = None
    """Path of a list (such as `properties.subnets`) whose entries are judged, each under its own id."""
    called: str | None = None
    """Path of what people call the resource, where the last part of its id says them nothing."""
    facts: tuple[Fact, ...] = field(default=())

    @property
    def type(self) -> str:
        """The lower-cased type of the resources."""
        return self.metadata.reads[0]

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """What must be kept of a resource: paths by type."""
        if self.parts is None:
            return {self.type: (*self.expected.paths, self.called) if self.called else self.expected.paths}
        inside = ("id", "name", *self.expected.paths)
        return {self.type: tuple(f"{self.parts}[*].{path}" for path in inside)}

    def evaluate(self, subject: SubscriptionResources) -> Iterator[RuleResult]:
        """One result for each resource (or part) read, and for each that could not be."""
        for resource in subject.of(self.type):
            yield from (
                [self._judge(resource.id, resource.columns, self._name(resource))]
                if self.parts is None
                else self._each(resource, self.parts)
            )
        yield from unread(self.metadata, subject, self.type)

    def _each(self, resource: ResourceColumns, parts: str) -> Iterator[RuleResult]:
        try:
            entries = entries_at(resource.columns, parts)
            named = [(text_at(one, "id"), one) for one in entries]
        except ColumnError as error:
            yield RuleResult(self.metadata.rule_id, resource.id, RuleStatus.ERROR, reason=str(error))
            return
        for number, (identity, one) in enumerate(named):
            if identity is None or not identity.lower().startswith(resource.key + "/"):
                reason = f"{parts}[{number}].id: missing, or not below the resource"
                yield RuleResult(self.metadata.rule_id, resource.id, RuleStatus.ERROR, reason=reason)
            else:
                name = identity.rsplit("/", 1)[-1]
                yield self._judge(identity, one, f"{name} of {resource.name}")

    def _name(self, resource: ResourceColumns) -> str:
        if self.called is None:
            return resource.name
        try:
            return text_at(resource.columns, self.called) or resource.name
        except ColumnError:
            return resource.name  # the verdict does not depend on it

    def _judge(self, identity: str, columns: Mapping[str, Any], name: str) -> RuleResult:
        rule_id = self.metadata.rule_id
        try:
            verdict = self.expected.judge(columns)
        except ColumnError as error:
            return RuleResult(rule_id, identity, RuleStatus.ERROR, reason=str(error))
        if verdict.status is not RuleStatus.FAIL:
            return RuleResult(rule_id, identity, verdict.status)
        finding = resource_finding(
            self.metadata,
            identity,
            f"{name}: {self._said(verdict.words)}",
            {"properties": values_read(columns, self.expected.paths)},
        )
        return RuleResult(rule_id, identity, RuleStatus.FAIL, (finding,))

    def _said(self, words: str) -> str:
        return sentence(self.metadata.finding_title, words, self.expected.paths)
