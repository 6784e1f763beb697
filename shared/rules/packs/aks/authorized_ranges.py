"""`aks.authorized_ranges`.

Private clusters, and those without public network access, have no public API server.
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import all_of, is_false, is_one_of, where
from shared.rules.packs.aks._api_server import limited_to_ranges
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="aks.authorized_ranges",
        title="API server limited to known ranges",
        finding_title="API server answers every address",
        description=(
            "The public API server of the cluster has no authorized IP ranges, or ranges that together are "
            "at least half of the internet."
        ),
        severity=Severity.HIGH,
        risk_score=72,
        resource_type="AKS_CLUSTER",
        reads=("microsoft.containerservice/managedclusters",),
        references=(
            "https://learn.microsoft.com/rest/api/aks/managed-clusters/get",
            "https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges",
        ),
        remediation_steps=(
            "List the addresses of administrators and pipelines",
            "Set them as authorized IP ranges of the API server",
        ),
        auto_remediable=False,
    ),
    where(
        all_of(
            is_false("properties.apiServerAccessProfile.enablePrivateCluster", absent=False),
            is_one_of("properties.publicNetworkAccess", "Enabled", absent="Enabled"),
        ),
        limited_to_ranges,
    ),
)
