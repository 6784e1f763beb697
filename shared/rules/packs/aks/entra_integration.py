"""`aks.entra_integration`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import all_of, is_true
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="aks.entra_integration",
        title="Cluster uses Entra and Azure RBAC",
        finding_title="Cluster does not use Entra ID with Azure RBAC",
        description=(
            "Access to the Kubernetes API is not decided by Entra ID identities and Azure role "
            "assignments, so that it is neither governed nor reviewed with the rest."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="AKS_CLUSTER",
        reads=("microsoft.containerservice/managedclusters",),
        references=(
            "https://learn.microsoft.com/rest/api/aks/managed-clusters/get",
            "https://learn.microsoft.com/azure/aks/manage-azure-rbac",
        ),
        remediation_steps=(
            "Enable AKS-managed Entra integration",
            "Enable Azure RBAC for Kubernetes authorization, and assign its roles",
        ),
        auto_remediable=False,
    ),
    all_of(
        is_true("properties.aadProfile.managed", absent=False),
        is_true("properties.aadProfile.enableAzureRBAC", absent=False),
    ),
)
