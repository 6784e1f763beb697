"""`defender.mcsb_policies`: the assignment of the Microsoft cloud security benchmark ("ASC Default")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.domain.finding import Observation
from shared.domain.resource import Resource
from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import Fact, read_fact, text_at
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_ASSIGNMENTS: Final = "microsoft.authorization/policyassignments"
_BENCHMARK: Final = "1f3afdf9-d0c9-4c3d-847f-89da613e70a8"
"""Policy set definition "Microsoft cloud security benchmark" (Azure/azure-policy, policySetDefinitions,
Security Center)."""
_DEFINITION: Final = "properties.policyDefinitionId"
_SHOWN: Final = 20


def _disabled(resource: Resource) -> list[str]:
    """The parameters that an assignment of the benchmark sets to Disabled; none of any other assignment."""
    if not str(resource.properties.get("policyDefinitionId") or "").lower().endswith(f"/{_BENCHMARK}"):
        return []
    parameters = resource.properties.get("parameters") or {}
    if not isinstance(parameters, Mapping):
        raise ValueError("properties.parameters: not an object")
    return sorted(
        name
        for name, given in parameters.items()
        if isinstance(given, Mapping) and str(given.get("value") or "").lower() == "disabled"
    )


_DISABLED_FACT: Final = Fact("disabled_effects", _ASSIGNMENTS, _disabled)


def _is_benchmark(assignment: ResourceColumns) -> bool:
    return (text_at(assignment.columns, _DEFINITION) or "").lower().endswith(f"/{_BENCHMARK}")


def _weakened(
    metadata: RuleMetadata, assignment: ResourceColumns, subject: SubscriptionResources
) -> Observation | None:
    disabled = read_fact(assignment.columns, _DISABLED_FACT.name)
    mode = text_at(assignment.columns, "properties.enforcementMode") or "Default"
    words = []
    if mode.lower() == "donotenforce":
        words.append("is not enforced")
    if disabled:
        some = ", ".join(disabled[:3]) + (", ..." if len(disabled) > 3 else "")
        words.append(f"has {len(disabled)} {'policy' if len(disabled) == 1 else 'policies'} disabled: {some}")
    if not words:
        return None
    return resource_finding(
        metadata,
        subject.id,
        f"Assignment {assignment.name} of the benchmark {' and '.join(words)}",
        {"assignment": assignment.id, "enforcement_mode": mode, "disabled": disabled[:_SHOWN]},
        discriminator=assignment.name.lower(),
    )


def _judge(metadata: RuleMetadata, subject: SubscriptionResources) -> RuleResult:
    assigned = [one for one in subject.of(_ASSIGNMENTS) if _is_benchmark(one)]
    findings = [found for one in assigned if (found := _weakened(metadata, one, subject)) is not None]
    doubt = subject.doubt(_ASSIGNMENTS)
    if not assigned and doubt is None:
        words = "The subscription is not assigned the Microsoft cloud security benchmark"
        findings = [resource_finding(metadata, subject.id, words, {"assignments": 0})]
    return judged(metadata, subject.id, findings, doubt)


RULE = SubscriptionRule(
    RuleMetadata(
        rule_id="defender.mcsb_policies",
        title="Benchmark policies are not disabled",
        finding_title="Benchmark policies are disabled",
        description=(
            "Policies of the Microsoft cloud security benchmark, from which Defender for Cloud makes its "
            "recommendations, are disabled, not enforced or not assigned: what they look at is not watched."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="SUBSCRIPTION",
        reads=(_ASSIGNMENTS,),
        references=(
            "https://learn.microsoft.com/rest/api/policy/policy-assignments/list",
            "https://learn.microsoft.com/azure/defender-for-cloud/security-policy-concept",
            "https://learn.microsoft.com/azure/governance/policy/concepts/assignment-structure",
        ),
        remediation_steps=(
            "Environment settings > the subscription > Security policies: assign the benchmark",
            "Set the effects that are Disabled back to their defaults; exempt single resources where needed",
        ),
        auto_remediable=False,
    ),
    {_ASSIGNMENTS: (_DEFINITION, "properties.enforcementMode")},
    _judge,
    (_DISABLED_FACT,),
)
