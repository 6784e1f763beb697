"""`acr.token_near_expiry`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from shared.domain.finding import Observation
from shared.domain.severity import Severity
from shared.domain.timestamps import wire_time
from shared.rules.base import EXPIRES_SOON, RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, entries_at, text_at
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_REGISTRY = "microsoft.containerregistry/registries"
_TOKEN = f"{_REGISTRY}/tokens"
_LISTS = ("properties.credentials.passwords", "properties.credentials.certificates")
_ENABLED = is_one_of("properties.status", "enabled", absent="enabled")


def _judge(metadata: RuleMetadata, registry: ResourceColumns, resources: SubscriptionResources) -> RuleResult:
    tokens = resources.children(_TOKEN, registry.id)
    enabled = [one for one in tokens if _ENABLED.judge(one.columns).status is RuleStatus.PASS]
    if not enabled:
        return RuleResult(metadata.rule_id, registry.id, RuleStatus.NOT_APPLICABLE)
    findings: list[Observation] = []
    doubt = None
    for token in enabled:
        try:
            findings += _ending(metadata, registry, token, resources)
        except ColumnError as error:
            doubt = f"{token.name}: {error}"
    return judged(metadata, registry.id, findings, doubt)


def _ending(
    metadata: RuleMetadata,
    registry: ResourceColumns,
    token: ResourceColumns,
    resources: SubscriptionResources,
) -> Iterator[Observation]:
    for one in (entry for path in _LISTS for entry in entries_at(token.columns, path)):
        text = text_at(one, "expiry")
        if text is None:
            continue
        ends, name = _moment(text), text_at(one, "name") or "credential"
        if ends > resources.as_of + resources.settings.expiring_within:
            continue
        over = ends <= resources.as_of
        words = f"{name} of token {token.name} {'ended' if over else 'ends'} on {ends.date().isoformat()}"
        evidence = {"expires_on": wire_time(ends), EXPIRES_SOON: not over, "credential": name}
        yield resource_finding(metadata, registry.id, words, evidence, subject=token.id, discriminator=name)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ColumnError(f"expiry: {text[:40]!r} is not a date") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


RULE = RelatedRule(
    RuleMetadata(
        rule_id="acr.token_near_expiry",
        title="Registry token credentials are not about to end",
        finding_title="Registry token credential ends soon",
        description=(
            "A password or certificate of an enabled registry token ends within the configured time, "
            "or has ended: clients that use it stop working."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="CONTAINER_REGISTRY_TOKEN",
        reads=(_REGISTRY, _TOKEN),
        references=(
            "https://learn.microsoft.com/rest/api/container-registry/tokens/list",
            "https://learn.microsoft.com/azure/container-registry/container-registry-token-based-repository-permissions",
        ),
        remediation_steps=(
            "Generate the other password of the token, with an expiration date",
            "Move clients to it before the first one ends",
        ),
        auto_remediable=False,
        credential=True,
    ),
    {
        _REGISTRY: (),
        _TOKEN: ("properties.status", *(f"{one}[*].{name}" for one in _LISTS for name in ("name", "expiry"))),
    },
    _judge,
)
