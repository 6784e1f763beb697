"""`network.nsg.shadowed_rule`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.domain.resource import Resource
from shared.domain.severity import Severity
from shared.exposure.projection import NSG_TYPE
from shared.exposure.shadowing import shadowed_rules
from shared.rules.base import RuleMetadata
from shared.rules.columns import Fact
from shared.rules.packs.network._nsg_rules import NsgRulesRule

_MOST_NAMED: Final = 5


def _shadowed(resource: Resource) -> list[dict[str, Any]]:
    return [one._asdict() | {"by": list(one.by)} for one in shadowed_rules(resource.properties)]


def _describe(rule: Mapping[str, Any]) -> str:
    by = [repr(name) for name in rule["by"]]
    more = f" and {len(by) - _MOST_NAMED} more" if len(by) > _MOST_NAMED else ""
    which = f"{rule['direction']} rule {rule['name']!r} ({rule['priority']})"
    return f"No packet comes to {which}: {', '.join(by[:_MOST_NAMED])}{more} decided all of them before"


RULE = NsgRulesRule(
    RuleMetadata(
        rule_id="network.nsg.shadowed_rule",
        title="No NSG rule is fully shadowed by a higher-priority rule",
        finding_title="NSG rule never decides anything",
        description=(
            "Rules with a higher priority decide every packet that this rule speaks of, so that it has no "
            "effect: what somebody meant to allow or to deny is decided otherwise, or twice."
        ),
        severity=Severity.LOW,
        risk_score=20,
        resource_type="NSG_RULE",
        reads=(NSG_TYPE,),
        references=(
            "https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview",
            "https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works",
        ),
        remediation_steps=(
            "Find out which of the rules is meant",
            "Remove the rule, or give it a lower priority number than those before it",
        ),
        auto_remediable=False,
    ),
    Fact("shadowed", NSG_TYPE, _shadowed),
    _describe,
)
