"""`network.route.default_to_internet`.

AzureFirewallSubnet itself may need such a route (Microsoft Learn, "Azure Firewall forced tunneling"), so a
table that only that subnet uses is left out.
"""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, entries_at, text_at
from shared.rules.packs.network._subnets import FIREWALL
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_TABLES: Final = "microsoft.network/routetables"
_FIREWALLS: Final = "microsoft.network/azurefirewalls"
_DEFAULTS: Final = frozenset({"0.0.0.0/0", "::/0"})


def _judge(metadata: RuleMetadata, table: ResourceColumns, resources: SubscriptionResources) -> RuleResult:
    routes = _straight_out(table)
    if not routes:
        return judged(metadata, table.id, ())
    subnets = [text_at(one, "id") or "" for one in entries_at(table.columns, "properties.subnets")]
    if subnets and all(one.lower().endswith(f"/{FIREWALL}") for one in subnets):
        return RuleResult(metadata.rule_id, table.id, RuleStatus.NOT_APPLICABLE)
    if not resources.of(_FIREWALLS):
        doubt = resources.doubt(_FIREWALLS)
        if doubt is not None:
            raise ColumnError(doubt)
        return RuleResult(metadata.rule_id, table.id, RuleStatus.NOT_APPLICABLE)
    words = f"{table.name}: route {', '.join(routes)} leads to the internet past the firewall"
    evidence = {"routes": routes, "subnets": subnets[:20], "firewalls": [resources.of(_FIREWALLS)[0].id]}
    return judged(metadata, table.id, [resource_finding(metadata, table.id, words, evidence)])


def _straight_out(table: ResourceColumns) -> list[str]:
    """Names of default routes whose next hop is the internet."""
    found = []
    for number, route in enumerate(entries_at(table.columns, "properties.routes")):
        prefix, hop = (text_at(route, f"properties.{field}") for field in ("addressPrefix", "nextHopType"))
        if prefix is None or hop is None:
            raise ColumnError(f"properties.routes[{number}].properties: no addressPrefix or no nextHopType")
        if prefix in _DEFAULTS and hop.lower() == "internet":
            found.append(text_at(route, "name") or prefix)
    return found


RULE = RelatedRule(
    RuleMetadata(
        rule_id="network.route.default_to_internet",
        title="Default route does not bypass the firewall",
        finding_title="Default route bypasses the firewall",
        description=(
            "A route table sends all traffic straight to the internet, in a subscription that has an Azure "
            "Firewall: machines of its subnets are not watched on their way out."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="ROUTE_TABLE",
        reads=(_TABLES, _FIREWALLS),
        references=(
            "https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview",
            "https://learn.microsoft.com/rest/api/virtualnetwork/route-tables/get",
        ),
        remediation_steps=("Set the next hop of the route to the private address of the firewall",),
        auto_remediable=False,
    ),
    {
        _TABLES: (
            "properties.routes[*].name",
            "properties.routes[*].properties.addressPrefix",
            "properties.routes[*].properties.nextHopType",
            "properties.subnets[*].id",
        ),
        _FIREWALLS: (),
    },
    _judge,
)
