"""`appservice.vnet_integration`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import any_of, is_set
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="appservice.vnet_integration",
        title="App is joined to a VNet",
        finding_title="App is not joined to a virtual network",
        description=(
            "The app is neither integrated with a virtual network nor in an App Service Environment: "
            "it reaches its data stores over their public endpoints only, which must then stay open."
        ),
        severity=Severity.LOW,
        risk_score=20,
        resource_type="APP_SERVICE",
        reads=("microsoft.web/sites",),
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/get",
            "https://learn.microsoft.com/azure/app-service/overview-vnet-integration",
        ),
        remediation_steps=(
            "Integrate the app with a subnet of a virtual network",
            "Reach data stores through private endpoints, and close their public ones",
        ),
        auto_remediable=False,
    ),
    any_of(
        is_set("properties.virtualNetworkSubnetId"),
        is_set("properties.hostingEnvironmentProfile.id"),
    ),
)
