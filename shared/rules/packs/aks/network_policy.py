"""`aks.network_policy`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="aks.network_policy",
        title="Network policy is enforced",
        finding_title="Cluster does not enforce network policies",
        description=(
            "The cluster has no network policy engine: every pod can talk to every other, and "
            "NetworkPolicy objects do nothing."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="AKS_CLUSTER",
        reads=("microsoft.containerservice/managedclusters",),
        references=(
            "https://learn.microsoft.com/rest/api/aks/managed-clusters/get",
            "https://learn.microsoft.com/azure/aks/use-network-policies",
        ),
        remediation_steps=(
            "Enable a network policy engine, preferably Cilium",
            "Write policies that deny by default in each namespace",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.networkProfile.networkPolicy", "azure", "calico", "cilium", absent="none"),
)
