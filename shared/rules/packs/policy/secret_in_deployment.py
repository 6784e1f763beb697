"""`policy.secret_in_deployment`."""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain.resource import Resource
from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError, Fact, read_fact
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources
from shared.rules.secret_names import suggests_secret

_DEPLOYMENT = "microsoft.resources/deployments"
_READABLE = ("string", "object", "array")


def _named_like_secrets(resource: Resource) -> list[str]:
    """Outputs and parameters whose values Azure keeps readable: of a secure type it keeps none."""
    found = []
    for member in ("outputs", "parameters"):
        values = resource.properties.get(member)
        if values is not None and not isinstance(values, Mapping):
            raise ColumnError(f"properties.{member}: not an object")
        found += [
            f"{member}.{name}"
            for name, one in sorted((values or {}).items())
            if suggests_secret(name) and _type_of(one, f"properties.{member}.{name}") in _READABLE
        ]
    return found


def _type_of(value: object, where: str) -> str:
    """The type that is given in place of a value, or beside it."""
    kind = value.get("type") if isinstance(value, Mapping) else value
    if not isinstance(kind, str):
        raise ColumnError(f"{where[:200]}: has no type")
    return kind.lower()


_VALUES = Fact("secret_values", _DEPLOYMENT, _named_like_secrets)


def _judge(metadata: RuleMetadata, deployment: ResourceColumns, _: SubscriptionResources) -> RuleResult:
    found = read_fact(deployment.columns, _VALUES.name)
    if not found:
        return judged(metadata, deployment.id, ())
    words = f"{deployment.name} keeps values named like secrets: {', '.join(found[:5])}"
    if len(found) > 5:
        words += f" and {len(found) - 5} more"
    evidence = {"values": found[:20], "values_total": len(found)}
    return judged(metadata, deployment.id, [resource_finding(metadata, deployment.id, words, evidence)])


RULE = RelatedRule(
    RuleMetadata(
        rule_id="policy.secret_in_deployment",
        title="No secret in deployment history",
        finding_title="Deployment history holds a secret",
        description=(
            "An output or parameter of a deployment is named like a password, key or token and is of "
            "no secure type: its value stands in the deployment history, for everyone who can read "
            "the subscription. Values are not read."
        ),
        severity=Severity.HIGH,
        risk_score=72,
        resource_type="DEPLOYMENT",
        reads=(_DEPLOYMENT,),
        references=(
            "https://learn.microsoft.com/rest/api/resources/deployments/list-at-subscription-scope",
            "https://learn.microsoft.com/azure/azure-resource-manager/templates/best-practices#security-recommendations-for-parameters",
        ),
        remediation_steps=(
            "Remove the output, or make the parameter a secureString",
            "Delete the deployment from the history",
            "Rotate the secret: it was readable",
        ),
        auto_remediable=False,
        credential=True,
    ),
    {_DEPLOYMENT: ()},
    _judge,
    facts=(_VALUES,),
)
