"""`databricks.no_public_ip`.

Absent cannot be judged: the default changed from false to true between API versions:
https://github.com/Azure/azure-rest-api-specs/tree/main/specification/databricks
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true, stated, where
from shared.rules.packs.databricks._workspaces import is_hybrid
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="databricks.no_public_ip",
        title="Nodes have no public IP",
        finding_title="Nodes have public IPs",
        description=(
            "Nodes of clusters of a Databricks workspace have public addresses: secure cluster connectivity "
            "is off. Serverless workspaces have no nodes of yours and are left out."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="DATABRICKS_WORKSPACE",
        reads=("microsoft.databricks/workspaces",),
        references=(
            "https://learn.microsoft.com/rest/api/databricks/workspaces/get",
            "https://learn.microsoft.com/azure/databricks/security/network/classic/secure-cluster-connectivity",
        ),
        remediation_steps=(
            "Turn on secure cluster connectivity (no public IP) of the workspace and restart its clusters",
        ),
        auto_remediable=False,
    ),
    where(
        is_hybrid,
        stated(
            "properties.parameters.enableNoPublicIp.value",
            is_true("properties.parameters.enableNoPublicIp.value", absent=False),
        ),
    ),
)
