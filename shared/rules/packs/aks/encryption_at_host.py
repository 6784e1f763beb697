"""`aks.encryption_at_host`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import every_entry, is_true, stated
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="aks.encryption_at_host",
        title="Nodes encrypt at the host",
        finding_title="Nodes do not encrypt at the host",
        description=(
            "Temporary disks and caches of a node pool are not encrypted at the host: data of the "
            "workloads lies there in plain."
        ),
        severity=Severity.LOW,
        risk_score=20,
        resource_type="AKS_CLUSTER",
        reads=("microsoft.containerservice/managedclusters",),
        references=(
            "https://learn.microsoft.com/rest/api/aks/managed-clusters/get",
            "https://learn.microsoft.com/azure/aks/enable-host-encryption",
        ),
        remediation_steps=(
            "Register the feature EncryptionAtHost",
            "Create node pools with encryption at host, and drain the others",
        ),
        auto_remediable=False,
    ),
    stated(
        "properties.agentPoolProfiles",
        every_entry("properties.agentPoolProfiles", is_true("enableEncryptionAtHost", absent=False)),
    ),
)
