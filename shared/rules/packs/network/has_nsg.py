"""`network.subnet.has_nsg`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_set, where
from shared.rules.packs.network._subnets import is_not_platform
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.subnet.has_nsg",
        title="Subnet has an NSG",
        finding_title="Subnet without a network security group",
        description=(
            "A subnet has no network security group, so nothing filters traffic to and from its machines "
            "but what stands at each interface. Subnets of gateways, firewalls, Bastion and route servers"
            " are left out."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="SUBNET",
        reads=("microsoft.network/virtualnetworks",),
        references=(
            "https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works",
            "https://learn.microsoft.com/rest/api/virtualnetwork/subnets/get",
        ),
        remediation_steps=(
            "Create a network security group that allows what the subnet needs",
            "Associate it with the subnet",
        ),
        auto_remediable=False,
    ),
    where(is_not_platform, is_set("properties.networkSecurityGroup.id")),
    parts="properties.subnets",
)
