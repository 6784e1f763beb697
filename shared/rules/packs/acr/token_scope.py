"""`acr.token_scope`."""

from __future__ import annotations

import re

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, text_at, value_at
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_REGISTRY = "microsoft.containerregistry/registries"
_TOKEN = f"{_REGISTRY}/tokens"
_MAP = f"{_REGISTRY}/scopemaps"
_ENABLED = is_one_of("properties.status", "enabled", absent="enabled")
_CHANGES_ALL = re.compile(r"repositories/\*+/(content|metadata)/(write|delete)", re.IGNORECASE)


def _judge(metadata: RuleMetadata, registry: ResourceColumns, resources: SubscriptionResources) -> RuleResult:
    tokens = resources.children(_TOKEN, registry.id)
    enabled = [one for one in tokens if _ENABLED.judge(one.columns).status is RuleStatus.PASS]
    if not enabled:
        return RuleResult(metadata.rule_id, registry.id, RuleStatus.NOT_APPLICABLE)
    findings, doubt = [], None
    for token in enabled:
        try:
            name, actions = _scope(token, registry, resources)
        except ColumnError as error:
            doubt = f"{token.name}: {error}"
            continue
        wide = [action for action in actions if _CHANGES_ALL.fullmatch(action)]
        if wide:
            words = f"Token {token.name} of {registry.name} may {', '.join(wide)}"
            evidence = {"scope_map": name, "actions": wide}
            findings.append(resource_finding(metadata, registry.id, words, evidence, subject=token.id))
    return judged(metadata, registry.id, findings, doubt)


def _scope(
    token: ResourceColumns, registry: ResourceColumns, resources: SubscriptionResources
) -> tuple[str, list[str]]:
    """Name and actions of a token's scope map; Azure's own maps are listed with the others."""
    wanted = text_at(token.columns, "properties.scopeMapId")
    if wanted is None:
        raise ColumnError("properties.scopeMapId: missing")
    found = resources.find(_MAP, wanted)
    if found is None:
        reason = resources.unlisted(_MAP, registry.id)
        raise ColumnError(reason or f"scope map {wanted.rsplit('/', 1)[-1]} was not read")
    actions = value_at(found.columns, "properties.actions")
    if not isinstance(actions, list) or not all(isinstance(one, str) for one in actions):
        raise ColumnError("properties.actions: not a list of text")
    return found.name, actions


RULE = RelatedRule(
    RuleMetadata(
        rule_id="acr.token_scope",
        title="Registry tokens cannot change every repository",
        finding_title="Registry token can change every repository",
        description=(
            "An enabled token of the registry may write or delete in all its repositories: whoever "
            "has its password can replace any image that is deployed."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="CONTAINER_REGISTRY_TOKEN",
        reads=(_REGISTRY, _TOKEN, _MAP),
        references=(
            "https://learn.microsoft.com/rest/api/container-registry/scope-maps/list",
            "https://learn.microsoft.com/azure/container-registry/container-registry-token-based-repository-permissions",
        ),
        remediation_steps=(
            "Create a scope map with the repositories and actions that the client needs",
            "Give it to the token",
        ),
        auto_remediable=False,
        credential=True,
    ),
    {
        _REGISTRY: (),
        _TOKEN: ("properties.status", "properties.scopeMapId"),
        _MAP: ("properties.actions",),
    },
    _judge,
)
