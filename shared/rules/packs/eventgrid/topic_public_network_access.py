"""`eventgrid.topic_public_network_access`.

"By default it is enabled" (Microsoft.EventGrid 2025-02-15, `publicNetworkAccess`).
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="eventgrid.topic_public_network_access",
        title="Event Grid topic is private",
        finding_title="Event Grid topic has a public endpoint",
        description=(
            "Events can be published to the topic over the internet by whoever holds a key or a role."
        ),
        severity=Severity.MEDIUM,
        risk_score=40,
        resource_type="EVENT_GRID_TOPIC",
        reads=("microsoft.eventgrid/topics",),
        references=(
            "https://learn.microsoft.com/rest/api/eventgrid/controlplane/topics/get",
            "https://learn.microsoft.com/azure/event-grid/configure-private-endpoints",
        ),
        remediation_steps=(
            "Give the publishers a private endpoint",
            "Disable public network access",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.publicNetworkAccess", "Disabled", "SecuredByPerimeter", absent="Enabled"),
)
