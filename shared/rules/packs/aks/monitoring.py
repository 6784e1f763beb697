"""`aks.monitoring`.

Azure writes the name of the add-on in two ways, depending on who enabled it.
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import any_of, is_true
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="aks.monitoring",
        title="Cluster is monitored",
        finding_title="Cluster logs are not collected",
        description=(
            "The monitoring add-on is off: logs and metrics of the workloads are not sent to a Log "
            "Analytics workspace."
        ),
        severity=Severity.MEDIUM,
        risk_score=40,
        resource_type="AKS_CLUSTER",
        reads=("microsoft.containerservice/managedclusters",),
        references=(
            "https://learn.microsoft.com/rest/api/aks/managed-clusters/get",
            "https://learn.microsoft.com/azure/azure-monitor/containers/kubernetes-monitoring-enable",
        ),
        remediation_steps=("Enable the monitoring add-on with a Log Analytics workspace",),
        auto_remediable=False,
    ),
    any_of(
        is_true("properties.addonProfiles.omsagent.enabled", absent=False),
        is_true("properties.addonProfiles.omsAgent.enabled", absent=False),
    ),
)
