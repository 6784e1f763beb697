"""`aks.private_cluster`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="aks.private_cluster",
        title="API server is private",
        finding_title="API server has a public address",
        description=(
            "The API server of the cluster has a public address: tokens and unpatched flaws can be "
            "tried from the internet."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="AKS_CLUSTER",
        reads=("microsoft.containerservice/managedclusters",),
        references=(
            "https://learn.microsoft.com/rest/api/aks/managed-clusters/get",
            "https://learn.microsoft.com/azure/aks/private-clusters",
        ),
        remediation_steps=(
            "Create the cluster as private, or with API server VNet integration",
            "Until then limit the API server to authorized ranges",
        ),
        auto_remediable=False,
    ),
    is_true("properties.apiServerAccessProfile.enablePrivateCluster", absent=False),
)
