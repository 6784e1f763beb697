"""`network.publicip.basic_sku`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.publicip.basic_sku",
        title="Public IP does not use the open-by-default Basic SKU",
        finding_title="Public IP address of the Basic SKU",
        description=(
            "A Basic public IP address lets everything in where no network security group stands; the "
            "Standard SKU is closed until one allows traffic. Basic addresses were retired on 30 "
            "September 2025."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="PUBLIC_IP",
        reads=("microsoft.network/publicipaddresses",),
        references=(
            "https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-addresses",
            "https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-basic-upgrade-guidance",
        ),
        remediation_steps=(
            "Protect the interface or subnet with a network security group",
            "Upgrade the address to the Standard SKU",
        ),
        auto_remediable=False,
    ),
    is_one_of("sku.name", "Standard", "StandardV2", absent=None),
)
