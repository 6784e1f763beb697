"""`datafactory.public_network_access`.

Absent is on: built-in policy 1cf164be-6819-4a50-b8fa-4bcaa4f98fb6 takes all that is not Disabled for public.
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="datafactory.public_network_access",
        title="Data Factory is private",
        finding_title="Data Factory is reachable from public networks",
        description=(
            "A data factory's control plane for self-hosted integration runtimes answers on public networks."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="DATA_FACTORY",
        reads=("microsoft.datafactory/factories",),
        references=(
            "https://learn.microsoft.com/rest/api/datafactory/factories/get",
            "https://learn.microsoft.com/azure/data-factory/data-factory-private-link",
        ),
        remediation_steps=(
            "Create a private endpoint for the data factory",
            "Set public network access to Disabled",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.publicNetworkAccess", "Disabled", absent="Enabled"),
)
