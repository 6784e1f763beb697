"""`aks.defender`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="aks.defender",
        title="Defender runs in the cluster",
        finding_title="Defender sensor is not in the cluster",
        description=(
            "The Defender for Containers sensor is off: attacks on nodes and workloads of the cluster"
            " are not detected."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="AKS_CLUSTER",
        reads=("microsoft.containerservice/managedclusters",),
        references=(
            "https://learn.microsoft.com/rest/api/aks/managed-clusters/get",
            "https://learn.microsoft.com/azure/defender-for-cloud/defender-for-containers-introduction",
        ),
        remediation_steps=(
            "Enable the Defender for Containers plan of the subscription",
            "Enable the Defender sensor of the cluster",
        ),
        auto_remediable=False,
    ),
    is_true("properties.securityProfile.defender.securityMonitoring.enabled", absent=False),
)
