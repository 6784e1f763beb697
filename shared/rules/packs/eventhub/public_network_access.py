"""`eventhub.public_network_access`.

"By default it is enabled" (Microsoft.EventHub 2026-01-01, `publicNetworkAccess`).
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="eventhub.public_network_access",
        title="Event Hubs is private",
        finding_title="Event Hubs has a public endpoint",
        description=(
            "The namespace can be reached over the internet; only its keys, roles and network rules "
            "stand before its events."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="EVENT_HUBS_NAMESPACE",
        reads=("microsoft.eventhub/namespaces",),
        references=(
            "https://learn.microsoft.com/rest/api/eventhub/namespaces/get",
            "https://learn.microsoft.com/azure/event-hubs/private-link-service",
        ),
        remediation_steps=(
            "Give the clients private endpoints, or put the namespace into a network security perimeter",
            "Disable public network access",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.publicNetworkAccess", "Disabled", "SecuredByPerimeter", absent="Enabled"),
)
