"""`aks.workload_identity`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import all_of, is_true
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="aks.workload_identity",
        title="Workload identity is on",
        finding_title="Cluster has no workload identity",
        description=(
            "Pods cannot get Entra tokens by federation: they need secrets, or the identity of the "
            "whole node, to reach Azure."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="AKS_CLUSTER",
        reads=("microsoft.containerservice/managedclusters",),
        references=(
            "https://learn.microsoft.com/rest/api/aks/managed-clusters/get",
            "https://learn.microsoft.com/azure/aks/workload-identity-overview",
        ),
        remediation_steps=(
            "Enable the OIDC issuer and workload identity",
            "Federate managed identities with the service accounts that need them",
        ),
        auto_remediable=False,
    ),
    all_of(
        is_true("properties.oidcIssuerProfile.enabled", absent=False),
        is_true("properties.securityProfile.workloadIdentity.enabled", absent=False),
    ),
)
