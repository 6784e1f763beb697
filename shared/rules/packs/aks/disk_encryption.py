"""`aks.disk_encryption`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_set
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="aks.disk_encryption",
        title="Node disks use a customer key",
        finding_title="Node disks have no customer key",
        description=(
            "Disks of the nodes and of persistent volumes are encrypted with a key of the platform "
            "only; there is no key of your own to revoke."
        ),
        severity=Severity.LOW,
        risk_score=20,
        resource_type="AKS_CLUSTER",
        reads=("microsoft.containerservice/managedclusters",),
        references=(
            "https://learn.microsoft.com/rest/api/aks/managed-clusters/get",
            "https://learn.microsoft.com/azure/aks/azure-disk-customer-managed-keys",
        ),
        remediation_steps=(
            "Create a disk encryption set with a key in Key Vault",
            "Create the cluster with it: it cannot be set later",
        ),
        auto_remediable=False,
    ),
    is_set("properties.diskEncryptionSetID"),
)
