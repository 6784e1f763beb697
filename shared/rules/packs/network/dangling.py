"""`network.publicip.dangling`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import any_of, is_set
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.publicip.dangling",
        title="Public IP is in use",
        finding_title="Public IP address is not in use",
        description=(
            "A public IP address belongs to no IP configuration and to no NAT gateway: it costs money, "
            "and a name that still points to it can be taken over once it is released."
        ),
        severity=Severity.LOW,
        risk_score=20,
        resource_type="PUBLIC_IP",
        reads=("microsoft.network/publicipaddresses",),
        references=(
            "https://learn.microsoft.com/rest/api/virtualnetwork/public-ip-addresses/get",
            "https://learn.microsoft.com/azure/security/fundamentals/subdomain-takeover",
        ),
        remediation_steps=(
            "Remove DNS records that point to the address",
            "Delete the public IP address",
        ),
        auto_remediable=False,
    ),
    any_of(is_set("properties.ipConfiguration.id"), is_set("properties.natGateway.id")),
)
