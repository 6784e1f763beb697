"""`network.vpn.connection_ikev2`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of, where
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.vpn.connection_ikev2",
        title="Site-to-site connection uses IKEv2",
        finding_title="VPN connection uses IKEv1",
        description=(
            "An IPsec connection of a VPN gateway negotiates with IKEv1, which is deprecated (RFC 9395). "
            "Connections of other types are left out."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="VPN_CONNECTION",
        reads=("microsoft.network/connections",),
        references=(
            "https://learn.microsoft.com/azure/vpn-gateway/vpn-gateway-about-compliance-crypto",
            "https://learn.microsoft.com/rest/api/network-gateway/virtual-network-gateway-connections/get",
        ),
        remediation_steps=("Recreate the connection with IKEv2 on a route-based gateway",),
        auto_remediable=False,
    ),
    where(
        is_one_of("properties.connectionType", "IPsec", "Vnet2Vnet", absent=None),
        is_one_of("properties.connectionProtocol", "IKEv2", absent=None),
    ),
)
