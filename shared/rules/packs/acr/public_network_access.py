"""`acr.public_network_access`.

A registry accepts connections from hosts on any network by default ("Configure public IP network rules").
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import any_of, is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="acr.public_network_access",
        title="Registry is not public",
        finding_title="Registry answers every address",
        description=(
            "The registry answers every address of the internet: neither is public access off nor do "
            "its network rules deny by default. Registries below Premium always do."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="CONTAINER_REGISTRY",
        reads=("microsoft.containerregistry/registries",),
        references=(
            "https://learn.microsoft.com/rest/api/container-registry/registries/get",
            "https://learn.microsoft.com/azure/container-registry/container-registry-access-selected-networks",
        ),
        remediation_steps=(
            "Move the registry to Premium",
            "Allow the addresses of builds, or give clients private endpoints",
            "Set the default action to Deny, or disable public network access",
        ),
        auto_remediable=False,
    ),
    any_of(
        is_one_of("properties.publicNetworkAccess", "Disabled", absent="Enabled"),
        is_one_of("properties.networkRuleSet.defaultAction", "Deny", absent="Allow"),
    ),
)
