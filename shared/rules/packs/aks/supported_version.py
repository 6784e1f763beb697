"""`aks.supported_version`."""

from __future__ import annotations

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError, text_at
from shared.rules.packs.aks._kubernetes_versions import COMMUNITY, LONG_TERM
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources
from shared.rules.support_dates import release_of, supported_until

_CURRENT = "properties.currentKubernetesVersion"
_WANTED = "properties.kubernetesVersion"
_PLAN = "properties.supportPlan"


def _judge(metadata: RuleMetadata, cluster: ResourceColumns, resources: SubscriptionResources) -> RuleResult:
    version = text_at(cluster.columns, _CURRENT) or text_at(cluster.columns, _WANTED)
    if version is None:
        raise ColumnError(f"{_CURRENT}: missing")
    plan = text_at(cluster.columns, _PLAN) or "KubernetesOfficial"
    ends = LONG_TERM if plan.lower() == "akslongtermsupport" else COMMUNITY
    until = supported_until(ends, release_of(version, 2))
    if resources.as_of.date() <= until:
        return judged(metadata, cluster.id, ())
    words = f"{cluster.name} runs Kubernetes {version}, which was supported until {until.isoformat()}"
    evidence = {"version": version, "support_plan": plan, "supported_until": until.isoformat()}
    return judged(metadata, cluster.id, [resource_finding(metadata, cluster.id, words, evidence)])


RULE = RelatedRule(
    RuleMetadata(
        rule_id="aks.supported_version",
        title="Kubernetes version is supported",
        finding_title="Cluster runs an unsupported version of Kubernetes",
        description=(
            "The cluster runs a minor version of Kubernetes that gets no more security fixes on AKS, "
            "also counting long-term support where the cluster has it."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="AKS_CLUSTER",
        reads=("microsoft.containerservice/managedclusters",),
        references=(
            "https://learn.microsoft.com/rest/api/aks/managed-clusters/get",
            "https://learn.microsoft.com/azure/aks/supported-kubernetes-versions",
        ),
        remediation_steps=(
            "Upgrade minor version by minor version to a supported one",
            "Choose an automatic upgrade channel, or long-term support",
        ),
        auto_remediable=False,
    ),
    {"microsoft.containerservice/managedclusters": (_CURRENT, _WANTED, _PLAN)},
    _judge,
)
