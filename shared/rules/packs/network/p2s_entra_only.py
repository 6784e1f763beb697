"""`network.vpn.p2s_entra_only`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_only, where
from shared.rules.packs.network._gateways import has_point_to_site
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.vpn.p2s_entra_only",
        title="Point-to-site VPN uses Entra ID only",
        finding_title="Point-to-site VPN accepts more than Entra ID",
        description=(
            "A gateway lets point-to-site clients in by certificate or RADIUS, without Entra ID's "
            "conditional access and multi-factor authentication. Gateways without a point-to-site "
            "configuration are left out."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="VPN_GATEWAY",
        reads=("microsoft.network/virtualnetworkgateways",),
        references=(
            "https://learn.microsoft.com/azure/vpn-gateway/point-to-site-about",
            "https://learn.microsoft.com/rest/api/network-gateway/virtual-network-gateways/get",
        ),
        remediation_steps=(
            "Set Microsoft Entra ID as the only authentication type of the point-to-site configuration",
        ),
        auto_remediable=False,
    ),
    where(has_point_to_site, is_only("properties.vpnClientConfiguration.vpnAuthenticationTypes", "AAD")),
)
