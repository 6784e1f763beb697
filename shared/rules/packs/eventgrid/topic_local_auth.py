"""`eventgrid.topic_local_auth`.

"Default value is false" (Microsoft.EventGrid 2025-02-15, `disableLocalAuth`).
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="eventgrid.topic_local_auth",
        title="Event Grid topic keys are off",
        finding_title="Event Grid topic accepts access keys",
        description=(
            "Publishers may send events with an access key or a SAS token of the topic, which name "
            "nobody and are passed on easily. Entra ID does without them."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="EVENT_GRID_TOPIC",
        reads=("microsoft.eventgrid/topics",),
        references=(
            "https://learn.microsoft.com/rest/api/eventgrid/controlplane/topics/get",
            "https://learn.microsoft.com/azure/event-grid/authenticate-with-microsoft-entra-id",
        ),
        remediation_steps=(
            "Move publishers to Entra ID with the role EventGrid Data Sender",
            "Set disableLocalAuth to true on the topic",
        ),
        auto_remediable=False,
        credential=True,
    ),
    is_true("properties.disableLocalAuth", absent=False),
)
