"""`network.subnet.private_outbound`.

A missing `defaultOutboundAccess` is default access: the private subnet is the one that says false. With a NAT
gateway, an explicit way out, default access is not used:
https://learn.microsoft.com/azure/virtual-network/ip-services/default-outbound-access
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import any_of, is_false, is_set, where
from shared.rules.packs.network._subnets import takes_machines
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.subnet.private_outbound",
        title="Subnet has no implicit outbound internet",
        finding_title="Subnet with implicit outbound internet access",
        description=(
            "Machines of the subnet get default outbound access to the internet, from an address that "
            "nobody owns or controls. A NAT gateway takes its place. Subnets of platform services and "
            "delegated ones are left out."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="SUBNET",
        reads=("microsoft.network/virtualnetworks",),
        references=(
            "https://learn.microsoft.com/azure/virtual-network/ip-services/default-outbound-access",
            "https://learn.microsoft.com/rest/api/virtualnetwork/subnets/get",
        ),
        remediation_steps=(
            "Give the subnet an explicit way out, such as a NAT gateway or a firewall",
            "Set defaultOutboundAccess to false, and restart the machines of the subnet",
        ),
        auto_remediable=False,
    ),
    where(
        takes_machines,
        any_of(is_false("properties.defaultOutboundAccess", absent=True), is_set("properties.natGateway.id")),
    ),
    parts="properties.subnets",
)
