"""`servicebus.local_auth`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="servicebus.local_auth",
        title="Service Bus keys are off",
        finding_title="Service Bus accepts shared keys",
        description=(
            "Clients may authenticate with shared access keys, which do not expire, name nobody and "
            "are passed on easily. Entra ID does without them."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="SERVICE_BUS_NAMESPACE",
        reads=("microsoft.servicebus/namespaces",),
        references=(
            "https://learn.microsoft.com/rest/api/servicebus/controlplane-stable/namespaces/get",
            "https://learn.microsoft.com/azure/service-bus-messaging/disable-local-authentication",
        ),
        remediation_steps=(
            "Move clients to Entra ID with the Service Bus data roles",
            "Set disableLocalAuth to true on the namespace",
        ),
        auto_remediable=False,
        credential=True,
    ),
    is_true("properties.disableLocalAuth", absent=False),
)
