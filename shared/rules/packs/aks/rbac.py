"""`aks.rbac`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true, stated
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="aks.rbac",
        title="Cluster RBAC is on",
        finding_title="Cluster without Kubernetes RBAC",
        description=(
            "Kubernetes role-based access control is off: whoever gets into the cluster may do "
            "everything in it. It cannot be turned on later."
        ),
        severity=Severity.HIGH,
        risk_score=80,
        resource_type="AKS_CLUSTER",
        reads=("microsoft.containerservice/managedclusters",),
        references=(
            "https://learn.microsoft.com/rest/api/aks/managed-clusters/get",
            "https://learn.microsoft.com/azure/aks/concepts-identity",
        ),
        remediation_steps=(
            "Create a cluster with Kubernetes RBAC",
            "Move the workloads to it",
        ),
        auto_remediable=False,
    ),
    stated("properties.enableRBAC", is_true("properties.enableRBAC", absent=False)),
)
