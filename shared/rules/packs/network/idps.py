"""`network.firewall.idps`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of, where
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.firewall.idps",
        title="Firewall policy runs IDPS",
        finding_title="Firewall policy does not run IDPS",
        description=(
            "A Premium policy of Azure Firewall does not run intrusion detection and prevention: attacks "
            "inside allowed traffic are neither reported nor stopped. Other tiers have no IDPS and are "
            "left out."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="FIREWALL_POLICY",
        reads=("microsoft.network/firewallpolicies",),
        references=(
            "https://learn.microsoft.com/azure/firewall/premium-features",
            "https://learn.microsoft.com/rest/api/virtualnetwork/firewall-policies/get",
        ),
        remediation_steps=("Set intrusion detection to Alert, and after tuning to Alert and deny",),
        auto_remediable=False,
    ),
    where(
        is_one_of("properties.sku.tier", "Premium", absent="Standard"),
        is_one_of("properties.intrusionDetection.mode", "Alert", "Deny", absent="Off"),
    ),
)
