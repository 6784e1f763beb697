"""Settings that a Microsoft Entra directory has once: what is found is found of the directory."""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleScope, RuleStatus
from shared.rules.columns import value_at
from shared.rules.expectations import Expectation
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import SubscriptionResources
from shared.rules.sentences import sentence

AUTHORIZATION_POLICY: Final = "graph/authorizationpolicy"
"""`GET /v1.0/policies/authorizationPolicy`; it always exists."""
AUTHORIZATION_REFERENCES: Final = (
    "https://learn.microsoft.com/graph/api/resources/authorizationpolicy",
    "https://learn.microsoft.com/graph/api/resources/defaultuserrolepermissions",
)
DEFAULT_USER: Final = "properties.defaultUserRolePermissions"


def tenant_metadata(
    rule_id: str,
    titles: tuple[str, str],
    description: str,
    severity: Severity,
    risk_score: int,
    *,
    reads: tuple[str, ...],
    references: tuple[str, ...],
    steps: tuple[str, ...],
) -> RuleMetadata:
    """The metadata of a rule over a directory as a whole; `titles` are of the check and of the finding."""
    return RuleMetadata(
        rule_id=rule_id,
        title=titles[0],
        finding_title=titles[1],
        description=description,
        severity=severity,
        risk_score=risk_score,
        resource_type="DIRECTORY",
        reads=reads,
        references=references,
        remediation_steps=steps,
        auto_remediable=False,
        scope=RuleScope.DIRECTORY,
    )


def tenant_setting(metadata: RuleMetadata, expected: Expectation) -> SubscriptionRule:
    """The one object of the first type that the rule reads meets it; not read, it is an error."""
    kind = metadata.reads[0]

    def judge(metadata: RuleMetadata, subject: SubscriptionResources) -> RuleResult:
        settings = subject.of(kind)
        if not settings:
            return judged(metadata, subject.id, (), subject.doubt(kind) or f"{kind} was not read")
        verdict = expected.judge(settings[0].columns)
        if verdict.status is not RuleStatus.FAIL:
            return RuleResult(metadata.rule_id, subject.id, verdict.status)
        plain = [path for path in expected.paths if "[*]" not in path]
        evidence = {"properties": {path: value_at(settings[0].columns, path) for path in plain}}
        words = sentence(metadata.finding_title, verdict.words, expected.paths)
        return judged(metadata, subject.id, [resource_finding(metadata, subject.id, words, evidence)])

    return SubscriptionRule(metadata, {kind: expected.paths}, judge)
