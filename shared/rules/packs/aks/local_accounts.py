"""`aks.local_accounts`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="aks.local_accounts",
        title="Local accounts are off",
        finding_title="Cluster has local accounts",
        description=(
            "The cluster hands out its local admin certificate, which Entra ID, its conditional "
            "access and its logs do not see and which cannot be taken back without rotation."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="AKS_CLUSTER",
        reads=("microsoft.containerservice/managedclusters",),
        references=(
            "https://learn.microsoft.com/rest/api/aks/managed-clusters/get",
            "https://learn.microsoft.com/azure/aks/manage-local-accounts-managed-azure-ad",
        ),
        remediation_steps=(
            "Move users and pipelines to Entra ID",
            "Disable local accounts",
            "Rotate the cluster certificates: those handed out stay valid until then",
        ),
        auto_remediable=False,
        credential=True,
    ),
    is_true("properties.disableLocalAccounts", absent=False),
)
