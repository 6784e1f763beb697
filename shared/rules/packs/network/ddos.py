"""`network.vnet.ddos`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import all_of, is_set, is_true
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.vnet.ddos",
        title="VNet has DDoS Network Protection",
        finding_title="Virtual network without DDoS Network Protection",
        description=(
            "The public addresses of a virtual network have only the platform's basic protection: no "
            "tuning, no telemetry, no cost guarantee. Findings can be suppressed where addresses use DDoS"
            " IP Protection."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="VIRTUAL_NETWORK",
        reads=("microsoft.network/virtualnetworks",),
        references=(
            "https://learn.microsoft.com/azure/ddos-protection/ddos-protection-overview",
            "https://learn.microsoft.com/rest/api/virtualnetwork/virtual-networks/get",
        ),
        remediation_steps=(
            "Create a DDoS protection plan, or take the tenant's",
            "Enable DDoS Network Protection on the virtual network with it",
        ),
        auto_remediable=False,
    ),
    all_of(
        is_true("properties.enableDdosProtection", absent=False),
        is_set("properties.ddosProtectionPlan.id"),
    ),
)
