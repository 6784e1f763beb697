"""`eventhub.local_auth`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="eventhub.local_auth",
        title="Event Hubs keys are off",
        finding_title="Event Hubs accepts shared keys",
        description=(
            "Clients may authenticate with shared access keys, which do not expire, name nobody and "
            "are passed on easily. Entra ID does without them."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="EVENT_HUBS_NAMESPACE",
        reads=("microsoft.eventhub/namespaces",),
        references=(
            "https://learn.microsoft.com/rest/api/eventhub/namespaces/get",
            "https://learn.microsoft.com/azure/event-hubs/authenticate-shared-access-signature#disabling-localsas-key-authentication",
        ),
        remediation_steps=(
            "Move clients to Entra ID with the Event Hubs data roles",
            "Set disableLocalAuth to true on the namespace",
        ),
        auto_remediable=False,
        credential=True,
    ),
    is_true("properties.disableLocalAuth", absent=False),
)
