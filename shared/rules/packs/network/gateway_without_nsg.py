"""`network.subnet.gateway_without_nsg`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_not_set, where
from shared.rules.packs.network._subnets import is_gateway
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.subnet.gateway_without_nsg",
        title="Gateway subnet carries no NSG",
        finding_title="Network security group on the gateway subnet",
        description=(
            "Network security groups are not supported on GatewaySubnet: the gateway may stop working as "
            "expected."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="SUBNET",
        reads=("microsoft.network/virtualnetworks",),
        references=(
            "https://learn.microsoft.com/azure/vpn-gateway/vpn-gateway-about-vpn-gateway-settings",
            "https://learn.microsoft.com/rest/api/virtualnetwork/subnets/get",
        ),
        remediation_steps=(
            "Dissociate the network security group from GatewaySubnet",
            "Filter at the subnets behind the gateway",
        ),
        auto_remediable=False,
    ),
    where(is_gateway, is_not_set("properties.networkSecurityGroup.id")),
    parts="properties.subnets",
)
