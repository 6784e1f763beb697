"""`compute.vmss_upgrade_policy`."""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import value_at
from shared.rules.expectations import all_of, is_one_of
from shared.rules.packs.compute._machines import GET_SCALE_SET, SCALE_SET
from shared.rules.packs.compute._node_pools import CLUSTER, NODE_GROUP, NodeGroups, node_groups
from shared.rules.prepared_rule import PreparedRule
from shared.rules.property_rule import judged, resource_finding, values_read
from shared.rules.resources import ResourceColumns, SubscriptionResources
from shared.rules.sentences import sentence

_MODEL: Final = "properties.virtualMachineProfile"
_CURRENT: Final = all_of(
    is_one_of("properties.upgradePolicy.mode", "Automatic", "Rolling", absent="Manual"),
    is_one_of(f"{_MODEL}.securityProfile.securityType", "TrustedLaunch", "ConfidentialVM", absent="Standard"),
)


def _judge(
    metadata: RuleMetadata, scale_set: ResourceColumns, _: SubscriptionResources, groups: NodeGroups
) -> RuleResult:
    # A set in flexible orchestration may have no model, so that there is nothing to follow.
    if groups.hold(scale_set) or value_at(scale_set.columns, _MODEL) is None:
        return RuleResult(metadata.rule_id, scale_set.id, RuleStatus.NOT_APPLICABLE)
    verdict = _CURRENT.judge(scale_set.columns)
    if verdict.status is RuleStatus.PASS:
        return judged(metadata, scale_set.id, ())
    if groups.doubt is not None:
        return judged(metadata, scale_set.id, (), groups.doubt)
    words = f"{scale_set.name}: {sentence(metadata.finding_title, verdict.words, _CURRENT.paths)}"
    evidence = {"properties": values_read(scale_set.columns, _CURRENT.paths)}
    return judged(metadata, scale_set.id, [resource_finding(metadata, scale_set.id, words, evidence)])


RULE = PreparedRule(
    RuleMetadata(
        rule_id="compute.vmss_upgrade_policy",
        title="Scale set keeps instances current",
        finding_title="Scale set does not keep its instances current or trusted",
        description=(
            "Instances follow changes of the model, such as a patched image, only by hand, or start "
            "without trusted launch. The upgrade policy is manual unless set. Node pools of AKS, which the "
            "cluster upgrades, and sets without a model are left out."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="VIRTUAL_MACHINE_SCALE_SET",
        reads=(SCALE_SET, CLUSTER),
        references=(
            GET_SCALE_SET,
            "https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-upgrade-policy",
        ),
        remediation_steps=(
            "Set the upgrade policy to Automatic or Rolling",
            "Use Trusted launch in the model of the scale set",
        ),
        auto_remediable=False,
    ),
    {SCALE_SET: (_MODEL, *_CURRENT.paths), CLUSTER: (NODE_GROUP,)},
    node_groups,
    _judge,
)
