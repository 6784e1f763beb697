"""`databricks.subnet_nsg`.

Workspaces outside a network of the owner get their group from Databricks and are left out.
"""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, entries_at, text_at
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_WORKSPACES: Final = "microsoft.databricks/workspaces"
_NETWORKS: Final = "microsoft.network/virtualnetworks"
_NETWORK: Final = "properties.parameters.customVirtualNetworkId.value"
_SUBNETS: Final = (
    "properties.parameters.customPublicSubnetName.value",
    "properties.parameters.customPrivateSubnetName.value",
)
_GROUP: Final = "properties.networkSecurityGroup.id"


def _judge(
    metadata: RuleMetadata, workspace: ResourceColumns, resources: SubscriptionResources
) -> RuleResult:
    wanted = text_at(workspace.columns, _NETWORK)
    if wanted is None:
        return RuleResult(metadata.rule_id, workspace.id, RuleStatus.NOT_APPLICABLE)
    network = resources.find(_NETWORKS, wanted)
    if network is None:
        raise ColumnError(resources.doubt(_NETWORKS) or f"{wanted} is not in this subscription")
    guarded = {
        (text_at(one, "name") or "").lower(): text_at(one, _GROUP) is not None
        for one in entries_at(network.columns, "properties.subnets")
    }
    findings = []
    for path in _SUBNETS:
        name = text_at(workspace.columns, path)
        if name is None or name.lower() not in guarded:
            raise ColumnError(f"{path}: {'missing' if name is None else f'{network.name} has no {name}'}")
        if not guarded[name.lower()]:
            words = f"{workspace.name}: subnet {name} of {network.name} has no network security group"
            evidence = {"network": network.id, "subnet": name}
            findings.append(
                resource_finding(metadata, workspace.id, words, evidence, discriminator=name.lower())
            )
    return judged(metadata, workspace.id, findings)


RULE = RelatedRule(
    RuleMetadata(
        rule_id="databricks.subnet_nsg",
        title="Workspace subnets have an NSG",
        finding_title="Workspace subnet has no NSG",
        description=(
            "A subnet that clusters of a Databricks workspace run in has no network security group: nothing "
            "filters their traffic."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="DATABRICKS_WORKSPACE",
        reads=(_WORKSPACES, _NETWORKS),
        references=(
            "https://learn.microsoft.com/rest/api/databricks/workspaces/get",
            "https://learn.microsoft.com/azure/databricks/security/network/classic/vnet-inject",
        ),
        remediation_steps=(
            "Create a network security group with the rules that Databricks asks for",
            "Associate it with both subnets of the workspace",
        ),
        auto_remediable=False,
    ),
    {
        _WORKSPACES: (_NETWORK, *_SUBNETS),
        _NETWORKS: ("properties.subnets[*].name", f"properties.subnets[*].{_GROUP}"),
    },
    _judge,
)
