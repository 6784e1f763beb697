"""`governance.resource_locks`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shared.domain.resource import Resource, parent_id
from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, Fact, read_fact, text_at
from shared.rules.property_rule import judged, resource_finding
from shared.rules.resources import ResourceColumns, SubscriptionResources
from shared.rules.several_types import SeveralTypesRule

_LOCKS: Final = "microsoft.authorization/locks"
_LEVEL: Final = "properties.level"
_LEVELS: Final = frozenset({"cannotdelete", "readonly"})
_TAG: Final = "criticality"
"""The tag of the Cloud Adoption Framework, whose names are compared in any case."""
_CRITICAL: Final = frozenset({"missioncritical", "businessunitcritical", "unitcritical", "high"})
"""Its values from High on, without what parts their words."""
_TYPES: Final = {
    "microsoft.storage/storageaccounts": "STORAGE_ACCOUNT",
    "microsoft.keyvault/vaults": "KEY_VAULT",
    "microsoft.sql/servers": "SQL_SERVER",
    "microsoft.documentdb/databaseaccounts": "COSMOSDB_ACCOUNT",
    "microsoft.dbforpostgresql/flexibleservers": "POSTGRESQL_SERVER",
    "microsoft.dbformysql/flexibleservers": "MYSQL_SERVER",
    "microsoft.recoveryservices/vaults": "RECOVERY_VAULT",
    "microsoft.compute/virtualmachines": "VIRTUAL_MACHINE",
    "microsoft.compute/disks": "DISK",
    "microsoft.containerservice/managedclusters": "AKS_CLUSTER",
    "microsoft.containerregistry/registries": "CONTAINER_REGISTRY",
    "microsoft.network/virtualnetworks": "VIRTUAL_NETWORK",
    "microsoft.network/azurefirewalls": "FIREWALL",
    "microsoft.operationalinsights/workspaces": "LOG_ANALYTICS_WORKSPACE",
}
"""What cannot be deployed again from a template as it was, or what much else stands on."""


def _criticality(resource: Resource) -> str:
    return next((str(value) for name, value in resource.tags.items() if name.lower() == _TAG), "")


_FACTS: Final = tuple(Fact(_TAG, kind, _criticality) for kind in _TYPES)


@dataclass(frozen=True, slots=True)
class _Locked:
    """Lower-cased ids that are locked; `doubt` says why there may be more."""

    ids: frozenset[str]
    doubt: str | None


def _locked(subject: SubscriptionResources) -> _Locked:
    doubt = subject.doubt(_LOCKS) or subject.unlisted(_LOCKS, subject.id)
    found = set()
    for lock in subject.of(_LOCKS):
        try:
            if (text_at(lock.columns, _LEVEL) or "").lower() in _LEVELS:
                found.add(parent_id(lock.key))
        except ColumnError as error:
            doubt = doubt or f"{lock.name}: {error}"
    return _Locked(frozenset(found), doubt)


def _judge(
    metadata: RuleMetadata, resource: ResourceColumns, subject: SubscriptionResources, locked: _Locked
) -> RuleResult:
    tagged = str(read_fact(resource.columns, _TAG))
    if "".join(one for one in tagged.lower() if one.isalpha()) not in _CRITICAL:
        return RuleResult(metadata.rule_id, resource.id, RuleStatus.NOT_APPLICABLE)
    group = resource.key.partition("/providers/")[0]
    if locked.ids & {resource.key, group, subject.id.lower()}:
        return judged(metadata, resource.id, ())
    if locked.doubt is not None:
        return judged(metadata, resource.id, (), locked.doubt)
    words = (
        f"{resource.name} is tagged {_TAG} = {tagged} and has no lock of its own, its group or subscription"
    )
    finding = resource_finding(
        metadata, resource.id, words, {_TAG: tagged}, resource_type=_TYPES[resource.type]
    )
    return judged(metadata, resource.id, [finding])


RULE = SeveralTypesRule(
    RuleMetadata(
        rule_id="governance.resource_locks",
        title="Critical resources are locked",
        finding_title="Critical resource is not locked",
        description=(
            "A resource that is tagged as critical can be deleted by one command: no CanNotDelete or "
            "ReadOnly lock stands at it, its resource group or its subscription."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="RESOURCE",
        reads=(*_TYPES, _LOCKS),
        references=(
            "https://learn.microsoft.com/rest/api/resources/management-locks/list-at-subscription-level",
            "https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources",
            "https://learn.microsoft.com/azure/cloud-adoption-framework/ready/azure-best-practices/resource-tagging",
        ),
        remediation_steps=("Set a CanNotDelete lock at the resource, or at its resource group",),
        auto_remediable=False,
    ),
    {**{kind: () for kind in _TYPES}, _LOCKS: (_LEVEL,)},
    tuple(_TYPES),
    _locked,
    _judge,
    _FACTS,
)
