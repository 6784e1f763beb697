"""`network.lb.nat_to_management_port`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError, entries_at, text_at, value_at
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_BALANCERS: Final = "microsoft.network/loadbalancers"
_FRONTENDS: Final = "properties.frontendIPConfigurations"
_NAT_RULES: Final = "properties.inboundNatRules"
_MANAGEMENT: Final = {22: "SSH", 3389: "RDP", 5985: "WinRM", 5986: "WinRM"}


def _judge(metadata: RuleMetadata, balancer: ResourceColumns, _: SubscriptionResources) -> RuleResult:
    return judged(
        metadata,
        balancer.id,
        [
            resource_finding(
                metadata,
                balancer.id,
                f"{one['name']}: {_MANAGEMENT[one['backend_port']]} port {one['backend_port']} is published",
                one,
                subject=one["id"],
            )
            for one in _published(balancer)
        ],
    )


def _published(balancer: ResourceColumns) -> Iterator[dict[str, Any]]:
    public = {
        (text_at(one, "id") or "").lower()
        for one in entries_at(balancer.columns, _FRONTENDS)
        if text_at(one, "properties.publicIPAddress.id") or text_at(one, "properties.publicIPPrefix.id")
    }
    for number, rule in enumerate(entries_at(balancer.columns, _NAT_RULES)):
        frontend = text_at(rule, "properties.frontendIPConfiguration.id") or ""
        port, identity = value_at(rule, "properties.backendPort"), text_at(rule, "id")
        if isinstance(port, bool) or not isinstance(port, int) or identity is None:
            raise ColumnError(f"{_NAT_RULES}[{number}]: no id, or backendPort is not a number")
        protocol = text_at(rule, "properties.protocol") or "Tcp"
        if frontend.lower() in public and port in _MANAGEMENT and protocol.lower() in ("tcp", "all"):
            yield {
                "id": identity,
                "name": identity.rsplit("/", 1)[-1],
                "frontend": frontend,
                "backend_port": port,
            }


RULE = RelatedRule(
    RuleMetadata(
        rule_id="network.lb.nat_to_management_port",
        title="Load balancer does not publish management ports",
        finding_title="Load balancer publishes a management port",
        description=(
            "An inbound NAT rule leads from a public frontend to a management port (22, 3389, 5985 or 5986) "
            "of a machine. Whether strangers get through is said by network.exposure.vm_effective."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="INBOUND_NAT_RULE",
        reads=(_BALANCERS,),
        references=(
            "https://learn.microsoft.com/azure/load-balancer/inbound-nat-rules",
            "https://learn.microsoft.com/rest/api/load-balancer/load-balancers/get",
        ),
        remediation_steps=(
            "Remove the inbound NAT rule",
            "Enable Azure Bastion for secure access",
        ),
        auto_remediable=False,
    ),
    {
        _BALANCERS: (
            f"{_FRONTENDS}[*].id",
            f"{_FRONTENDS}[*].properties.publicIPAddress.id",
            f"{_FRONTENDS}[*].properties.publicIPPrefix.id",
            f"{_NAT_RULES}[*].id",
            f"{_NAT_RULES}[*].properties.frontendIPConfiguration.id",
            f"{_NAT_RULES}[*].properties.backendPort",
            f"{_NAT_RULES}[*].properties.protocol",
        )
    },
    _judge,
)
