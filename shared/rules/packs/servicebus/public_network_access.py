"""`servicebus.public_network_access`.

"By default it is enabled" (Microsoft.ServiceBus 2026-01-01, `publicNetworkAccess`).
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="servicebus.public_network_access",
        title="Service Bus is private",
        finding_title="Service Bus has a public endpoint",
        description=(
            "The namespace can be reached over the internet; only its keys, roles and network rules "
            "stand before its queues and topics."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="SERVICE_BUS_NAMESPACE",
        reads=("microsoft.servicebus/namespaces",),
        references=(
            "https://learn.microsoft.com/rest/api/servicebus/controlplane-stable/namespaces/get",
            "https://learn.microsoft.com/azure/service-bus-messaging/private-link-service",
        ),
        remediation_steps=(
            "Give the clients private endpoints (Premium tier), or a network security perimeter",
            "Disable public network access",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.publicNetworkAccess", "Disabled", "SecuredByPerimeter", absent="Enabled"),
)
