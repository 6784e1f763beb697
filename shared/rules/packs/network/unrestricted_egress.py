"""`network.nsg.unrestricted_egress`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.severity import Severity
from shared.exposure.projection import NSG_TYPE
from shared.rules.base import RuleMetadata
from shared.rules.packs.network._egress import LET_OUT
from shared.rules.packs.network._nsg_rules import NsgRulesRule


def _describe(rule: Mapping[str, Any]) -> str:
    protocols = " and ".join(word.upper() for word in rule["protocols"])
    return f"Rule {rule['name']!r} ({rule['priority']}) lets every {protocols} port out to the internet"


RULE = NsgRulesRule(
    RuleMetadata(
        rule_id="network.nsg.unrestricted_egress",
        title="No NSG rule lets everything out to the internet",
        finding_title="Unrestricted outbound traffic to the internet",
        description=(
            "A rule that somebody wrote into a network security group allows every TCP or UDP port out to an "
            "internet-sized set of addresses, and no deny before it narrows that. Azure's own default rule, "
            "which is in every group, is not judged."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="NSG_RULE",
        reads=(NSG_TYPE,),
        references=(
            "https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview",
            "https://learn.microsoft.com/azure/virtual-network/ip-services/default-outbound-access",
        ),
        remediation_steps=(
            "Allow the destinations and ports that are needed, by service tags where there are any",
            "Deny the rest with a rule behind them, or route outbound traffic through a firewall",
        ),
        auto_remediable=False,
    ),
    LET_OUT,
    _describe,
)
