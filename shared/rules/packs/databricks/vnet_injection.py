"""`databricks.vnet_injection`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_set, where
from shared.rules.packs.databricks._workspaces import is_hybrid
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="databricks.vnet_injection",
        title="Workspace is in your VNet",
        finding_title="Workspace is not in a VNet of yours",
        description=(
            "Clusters of a Databricks workspace run in a network that Databricks manages: neither your rules "
            "nor your routes and logs apply to it. Serverless workspaces have no network of their own and "
            "are left out."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="DATABRICKS_WORKSPACE",
        reads=("microsoft.databricks/workspaces",),
        references=(
            "https://learn.microsoft.com/rest/api/databricks/workspaces/get",
            "https://learn.microsoft.com/azure/databricks/security/network/classic/vnet-inject",
        ),
        remediation_steps=(
            "Create a workspace in a virtual network of yours, or update this one to it, and move the work",
        ),
        auto_remediable=False,
    ),
    where(is_hybrid, is_set("properties.parameters.customVirtualNetworkId.value")),
)
