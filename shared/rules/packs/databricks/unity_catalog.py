"""`databricks.unity_catalog`.

`isUcEnabled` is read-only and stands in newer API versions only; without it nothing in ARM tells:
https://github.com/Azure/azure-rest-api-specs/tree/main/specification/databricks
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true, stated
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="databricks.unity_catalog",
        title="Unity Catalog is used",
        finding_title="Workspace does not use Unity Catalog",
        description=(
            "A Databricks workspace is not governed by Unity Catalog: permissions and audit of its data are "
            "local to the workspace."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="DATABRICKS_WORKSPACE",
        reads=("microsoft.databricks/workspaces",),
        references=(
            "https://learn.microsoft.com/rest/api/databricks/workspaces/get",
            "https://learn.microsoft.com/azure/databricks/data-governance/unity-catalog/get-started",
        ),
        remediation_steps=("Assign the workspace to a Unity Catalog metastore",),
        auto_remediable=False,
    ),
    stated("properties.isUcEnabled", is_true("properties.isUcEnabled", absent=False)),
)
