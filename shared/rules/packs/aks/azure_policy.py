"""`aks.azure_policy`.

Azure writes the name of the add-on in two ways, depending on who enabled it.
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import any_of, is_true
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="aks.azure_policy",
        title="Azure Policy add-on is on",
        finding_title="Azure Policy add-on is off",
        description=(
            "The Azure Policy add-on is off: rules for pods, such as no privileged containers, are "
            "neither audited nor enforced in the cluster."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="AKS_CLUSTER",
        reads=("microsoft.containerservice/managedclusters",),
        references=(
            "https://learn.microsoft.com/rest/api/aks/managed-clusters/get",
            "https://learn.microsoft.com/azure/aks/use-azure-policy",
        ),
        remediation_steps=(
            "Enable the Azure Policy add-on",
            "Assign the pod security baseline initiative",
        ),
        auto_remediable=False,
    ),
    any_of(
        is_true("properties.addonProfiles.azurepolicy.enabled", absent=False),
        is_true("properties.addonProfiles.azurePolicy.enabled", absent=False),
    ),
)
