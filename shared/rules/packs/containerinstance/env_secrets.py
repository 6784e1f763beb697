"""`containerinstance.env_secrets`."""

from __future__ import annotations

from shared.domain.resource import Resource
from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError, Fact, entries_at, read_fact, text_at
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources
from shared.rules.secret_names import suggests_secret

_GROUP = "microsoft.containerinstance/containergroups"


def _named_like_secrets(resource: Resource) -> list[str]:
    """Container and name of each variable with a plain value; secure values are never given back by Azure."""
    if resource.properties.get("containers") is None:
        raise ColumnError("properties.containers: missing")
    root = {"properties": resource.properties}
    found = []
    for path in ("properties.containers", "properties.initContainers"):
        for container in entries_at(root, path):
            for one in entries_at(container, "properties.environmentVariables"):
                name, value = text_at(one, "name") or "", one.get("value")
                if value not in (None, "") and suggests_secret(name):
                    found.append(f"{text_at(container, 'name') or 'container'}/{name}")
    return found


_VARIABLES = Fact("secret_variables", _GROUP, _named_like_secrets)


def _judge(metadata: RuleMetadata, group: ResourceColumns, _: SubscriptionResources) -> RuleResult:
    found = read_fact(group.columns, _VARIABLES.name)
    if not found:
        return judged(metadata, group.id, ())
    words = f"{group.name} has plain variables named like secrets: {', '.join(found[:5])}"
    if len(found) > 5:
        words += f" and {len(found) - 5} more"
    evidence = {"variables": found[:20], "variables_total": len(found)}
    return judged(metadata, group.id, [resource_finding(metadata, group.id, words, evidence)])


RULE = RelatedRule(
    RuleMetadata(
        rule_id="containerinstance.env_secrets",
        title="No plain secret in container environment",
        finding_title="Container has a plain secret in its environment",
        description=(
            "An environment variable of the container group is named like a password, key or token "
            "and holds a plain value, which everyone who can read the group sees. The value is not "
            "kept."
        ),
        severity=Severity.HIGH,
        risk_score=72,
        resource_type="CONTAINER_GROUP",
        reads=(_GROUP,),
        references=(
            "https://learn.microsoft.com/rest/api/container-instances/container-groups/get",
            "https://learn.microsoft.com/azure/container-instances/container-instances-environment-variables#secure-values",
        ),
        remediation_steps=(
            "Pass the value as secureValue, or mount it from Key Vault",
            "Rotate it: it was readable",
        ),
        auto_remediable=False,
        credential=True,
    ),
    {_GROUP: ()},
    _judge,
    facts=(_VARIABLES,),
)
