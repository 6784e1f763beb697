"""`cognitive.public_network_access`.

By default an account accepts connections from clients on any network ("Configure virtual networks").
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import any_of, is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="cognitive.public_network_access",
        title="AI service is private",
        finding_title="AI service is open to every network",
        description=(
            "The account answers every address of the internet: neither is public access off nor do "
            "its network rules deny by default."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="AI_SERVICE",
        reads=("microsoft.cognitiveservices/accounts",),
        references=(
            "https://learn.microsoft.com/rest/api/aiservices/accountmanagement/accounts/get",
            "https://learn.microsoft.com/azure/ai-services/cognitive-services-virtual-networks",
        ),
        remediation_steps=(
            "Allow the networks of the clients, or give them private endpoints",
            "Set the default action to Deny, or disable public network access",
        ),
        auto_remediable=False,
    ),
    any_of(
        is_one_of("properties.publicNetworkAccess", "Disabled", absent="Enabled"),
        is_one_of("properties.networkAcls.defaultAction", "Deny", absent="Allow"),
    ),
)
