"""`databricks.public_network_access`.

Only `Disabled` shuts the public front end, so absent, as in API versions before the property, is open.
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="databricks.public_network_access",
        title="Workspace is not public",
        finding_title="Workspace is reachable from public networks",
        description=(
            "The front end of a Databricks workspace, its web page and its API, answers on public networks."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="DATABRICKS_WORKSPACE",
        reads=("microsoft.databricks/workspaces",),
        references=(
            "https://learn.microsoft.com/rest/api/databricks/workspaces/get",
            "https://learn.microsoft.com/azure/databricks/security/network/front-end/front-end-private-connect",
        ),
        remediation_steps=(
            "Create private endpoints for the workspace",
            "Set public network access to Disabled",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.publicNetworkAccess", "Disabled", absent="Enabled"),
)
