"""`databricks.private_endpoint`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of, some_entry
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="databricks.private_endpoint",
        title="Workspace uses a private endpoint",
        finding_title="Workspace has no private endpoint",
        description=(
            "A Databricks workspace has no approved private endpoint, so its traffic goes over public "
            "addresses."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="DATABRICKS_WORKSPACE",
        reads=("microsoft.databricks/workspaces",),
        references=(
            "https://learn.microsoft.com/rest/api/databricks/workspaces/get",
            "https://learn.microsoft.com/azure/databricks/security/network/classic/private-link",
        ),
        remediation_steps=("Create a private endpoint for the workspace and approve its connection",),
        auto_remediable=False,
    ),
    some_entry(
        "properties.privateEndpointConnections",
        is_one_of("properties.privateLinkServiceConnectionState.status", "Approved", absent="Pending"),
    ),
)
