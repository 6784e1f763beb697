"""`apim.vnet`.

"None (Default Value)" and "Default value is 'Enabled'" (Microsoft.ApiManagement 2024-05-01).
What each tier can: https://learn.microsoft.com/azure/api-management/api-management-features
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import any_of, is_none_of, is_one_of, where
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="apim.vnet",
        title="API Management is in a VNet",
        finding_title="API Management is outside every virtual network",
        description=(
            "The gateway is in no virtual network and its public endpoint is on: backends must be "
            "reachable from the internet too, and no network rule stands before the management "
            "endpoint. The tiers Consumption and Basic v2 can have neither network nor private endpoint "
            "and are left out."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="API_MANAGEMENT",
        reads=("microsoft.apimanagement/service",),
        references=(
            "https://learn.microsoft.com/rest/api/apimanagement/api-management-service/get",
            "https://learn.microsoft.com/azure/api-management/virtual-network-concepts",
        ),
        remediation_steps=(
            "Put the service into a virtual network, external or internal",
            "Or give it a private endpoint and disable public network access",
        ),
        auto_remediable=False,
    ),
    where(
        is_none_of("sku.name", "Consumption", "BasicV2", absent="Developer"),
        any_of(
            is_one_of("properties.virtualNetworkType", "External", "Internal", absent="None"),
            is_one_of("properties.publicNetworkAccess", "Disabled", absent="Enabled"),
        ),
    ),
)
