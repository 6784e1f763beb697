"""`storage.public_network_access`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.packs.storage._accounts import ACCOUNT, GET
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="storage.public_network_access",
        title="Public network access is off",
        finding_title="Storage account accepts traffic from public networks",
        description=(
            "The public endpoints of the account answer. What may reach them is then left to its network "
            "rules; private endpoints or a network security perimeter need none of that."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(GET, "https://learn.microsoft.com/azure/storage/common/storage-network-security"),
        remediation_steps=(
            "Give clients private endpoints, or associate the account with a network security perimeter",
            "Set publicNetworkAccess to Disabled or SecuredByPerimeter",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.publicNetworkAccess", "Disabled", "SecuredByPerimeter", absent="Enabled"),
)
