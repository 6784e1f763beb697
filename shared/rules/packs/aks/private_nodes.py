"""`aks.private_nodes`.

"The default is false" (Microsoft.ContainerService 2026-08-01, `enableNodePublicIP`).
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import every_entry, is_false, stated
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="aks.private_nodes",
        title="Nodes have no public IP",
        finding_title="Nodes have public addresses",
        description=(
            "Nodes of a pool have a public address each: a service or an SSH daemon that listens on a"
            " node can be reached from the internet when a network rule lets it."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="AKS_CLUSTER",
        reads=("microsoft.containerservice/managedclusters",),
        references=(
            "https://learn.microsoft.com/rest/api/aks/managed-clusters/get",
            "https://learn.microsoft.com/azure/aks/use-node-public-ips",
        ),
        remediation_steps=(
            "Create a node pool without public addresses",
            "Drain and delete the pool that has them",
        ),
        auto_remediable=False,
    ),
    stated(
        "properties.agentPoolProfiles",
        every_entry("properties.agentPoolProfiles", is_false("enableNodePublicIP", absent=False)),
    ),
)
