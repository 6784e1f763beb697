"""`synapse.public_network_access`.

Absent is on: built-in policy 38d8df46-cf4e-4073-8e03-48c24b29de0d takes all that is not Disabled for public.
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="synapse.public_network_access",
        title="Synapse is private",
        finding_title="Synapse is reachable from public networks",
        description=("A Synapse workspace answers on public networks, with only firewall rules before it."),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="SYNAPSE_WORKSPACE",
        reads=("microsoft.synapse/workspaces",),
        references=(
            "https://learn.microsoft.com/rest/api/synapse/resourcemanager/workspaces/get",
            "https://learn.microsoft.com/azure/synapse-analytics/security/connectivity-settings",
        ),
        remediation_steps=(
            "Create private endpoints for the workspace",
            "Set public network access to Disabled",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.publicNetworkAccess", "Disabled", absent="Enabled"),
)
