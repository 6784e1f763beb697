"""`network.bastion.exists`."""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import SubscriptionResources

_BASTIONS: Final = "microsoft.network/bastionhosts"
_NETWORKS: Final = "microsoft.network/virtualnetworks"


def _judge(metadata: RuleMetadata, resources: SubscriptionResources) -> RuleResult:
    if resources.of(_BASTIONS):
        return judged(metadata, resources.id, ())
    doubt = resources.doubt(_BASTIONS) or resources.doubt(_NETWORKS)
    if doubt is not None:
        return judged(metadata, resources.id, (), doubt)
    networks = len(resources.of(_NETWORKS))
    if not networks:
        return RuleResult(metadata.rule_id, resources.id, RuleStatus.NOT_APPLICABLE)
    noun = "virtual network" if networks == 1 else "virtual networks"
    words = f"The subscription has {networks} {noun} and no Bastion host"
    return judged(
        metadata,
        resources.id,
        [resource_finding(metadata, resources.id, words, {"virtual_networks": networks})],
    )


RULE = SubscriptionRule(
    RuleMetadata(
        rule_id="network.bastion.exists",
        title="A Bastion host exists",
        finding_title="No Bastion host in the subscription",
        description=(
            "A subscription has virtual networks and no Bastion host, so its machines are managed over "
            "public addresses, or over something this scan does not see. Suppress the finding where a "
            "Bastion host of another subscription serves its networks."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="SUBSCRIPTION",
        reads=(_BASTIONS, _NETWORKS),
        references=(
            "https://learn.microsoft.com/azure/bastion/bastion-overview",
            "https://learn.microsoft.com/rest/api/virtualnetwork/bastion-hosts/list",
        ),
        remediation_steps=(
            "Deploy a Bastion host into the virtual network, or into a peered hub",
            "Remove public addresses and management rules that it replaces",
        ),
        auto_remediable=False,
    ),
    {_BASTIONS: (), _NETWORKS: ()},
    _judge,
)
