"""`network.nsp.paas_associated`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, text_at
from shared.rules.property_rule import judged, resource_finding
from shared.rules.resources import ResourceColumns, SubscriptionResources
from shared.rules.several_types import SeveralTypesRule

_PERIMETERS: Final = "microsoft.network/networksecurityperimeters"
_ASSOCIATIONS: Final = "microsoft.network/networksecurityperimeters/resourceassociations"
_TARGET: Final = "properties.privateLinkResource.id"
_MODE: Final = "properties.accessMode"
_ACCESS: Final = "properties.publicNetworkAccess"
_WORKSPACE: Final = ("properties.publicNetworkAccessForIngestion", "properties.publicNetworkAccessForQuery")
_TYPES: Final = {
    "microsoft.storage/storageaccounts": ("STORAGE_ACCOUNT", (_ACCESS,)),
    "microsoft.keyvault/vaults": ("KEY_VAULT", (_ACCESS,)),
    "microsoft.eventhub/namespaces": ("EVENT_HUB_NAMESPACE", (_ACCESS,)),
    "microsoft.search/searchservices": ("SEARCH_SERVICE", (_ACCESS,)),
    "microsoft.operationalinsights/workspaces": ("LOG_ANALYTICS_WORKSPACE", _WORKSPACE),
}
"""Types whose support of perimeters is generally available, and what says who reaches them (concepts page of
network security perimeters, onboarded private link resources)."""


@dataclass(frozen=True, slots=True)
class _Associations:
    """Access modes by perimeter, by the lower-cased id of what is in it; `doubt`: there may be more."""

    modes: Mapping[str, dict[str, str]]
    doubt: str | None


def _associations(subject: SubscriptionResources) -> _Associations:
    doubt = subject.doubt(_PERIMETERS)
    for perimeter in subject.of(_PERIMETERS):
        doubt = doubt or subject.unlisted(_ASSOCIATIONS, perimeter.id)
    doubt = doubt or subject.doubt(_ASSOCIATIONS)
    found: dict[str, dict[str, str]] = {}
    for one in subject.of(_ASSOCIATIONS):
        try:
            target, mode = text_at(one.columns, _TARGET), text_at(one.columns, _MODE)
        except ColumnError as error:
            doubt = doubt or f"{one.name}: {error}"
            continue
        if target is not None:
            found.setdefault(target.lower(), {})[one.id.rsplit("/", 3)[-3]] = mode or "not set"
    return _Associations(found, doubt)


def _judge(
    metadata: RuleMetadata,
    resource: ResourceColumns,
    subject: SubscriptionResources,
    associations: _Associations,
) -> RuleResult:
    kind, paths = _TYPES[resource.type]
    access = {(text_at(resource.columns, path) or "").lower() for path in paths}
    if access == {"securedbyperimeter"}:
        return judged(metadata, resource.id, ())
    if access == {"disabled"}:
        return RuleResult(metadata.rule_id, resource.id, RuleStatus.NOT_APPLICABLE)
    modes = associations.modes.get(resource.key, {})
    if any(mode.lower() == "enforced" for mode in modes.values()):
        return judged(metadata, resource.id, ())
    if associations.doubt is not None:
        return judged(metadata, resource.id, (), associations.doubt)
    words = f"{resource.name} is in no network security perimeter of the subscription"
    if modes:
        listed = ", ".join(f"{name} ({mode})" for name, mode in sorted(modes.items()))
        words = f"{resource.name} is in a perimeter that does not enforce its rules: {listed}"
    finding = resource_finding(
        metadata, resource.id, words, {"associations": dict(sorted(modes.items()))}, resource_type=kind
    )
    return judged(metadata, resource.id, [finding])


RULE = SeveralTypesRule(
    RuleMetadata(
        rule_id="network.nsp.paas_associated",
        title="PaaS resource sits in a network security perimeter",
        finding_title="PaaS resource is in no enforced network security perimeter",
        description=(
            "A platform resource that is reachable over public networks stands in no network security "
            "perimeter that is enforced: data may leave it for anywhere. Perimeters of other subscriptions "
            "are seen only where public access is SecuredByPerimeter."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="PAAS_RESOURCE",
        reads=(*_TYPES, _PERIMETERS, _ASSOCIATIONS),
        references=(
            "https://learn.microsoft.com/azure/templates/microsoft.network/networksecurityperimeters/resourceassociations",
            "https://learn.microsoft.com/azure/private-link/network-security-perimeter-concepts",
        ),
        remediation_steps=(
            "Associate the resource with a perimeter in transition mode, and look at its access logs",
            "Add the access rules that are needed, then set the association to enforced",
        ),
        auto_remediable=False,
    ),
    {
        **{kind: paths for kind, (_, paths) in _TYPES.items()},
        _PERIMETERS: (),
        _ASSOCIATIONS: (_TARGET, _MODE),
    },
    tuple(_TYPES),
    _associations,
    _judge,
)
