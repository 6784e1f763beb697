"""`aks.auto_upgrade`.

"The default is 'none'" (Microsoft.ContainerService 2026-08-01, `upgradeChannel`).
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_none_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="aks.auto_upgrade",
        title="Cluster upgrades itself",
        finding_title="Cluster has no automatic upgrades",
        description=(
            "The cluster has no automatic upgrade channel: security fixes come when somebody remembers."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="AKS_CLUSTER",
        reads=("microsoft.containerservice/managedclusters",),
        references=(
            "https://learn.microsoft.com/rest/api/aks/managed-clusters/get",
            "https://learn.microsoft.com/azure/aks/auto-upgrade-cluster",
        ),
        remediation_steps=(
            "Choose the channel patch or stable",
            "Set a planned maintenance window",
        ),
        auto_remediable=False,
    ),
    is_none_of("properties.autoUpgradeProfile.upgradeChannel", "none", absent="none"),
)
