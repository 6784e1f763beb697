"""`path.internet.data_store`: workloads that the internet reaches and from which a path leads to data."""

from __future__ import annotations

from typing import Final

from shared.domain.attack_path import AttackPath
from shared.domain.severity import Severity
from shared.rules.access.workloads import WORKLOADS
from shared.rules.base import RuleMetadata, RuleResult, RuleScope
from shared.rules.estate import ACCESS_FACTS, ESTATE_COLUMNS, ESTATE_TYPES, PATH_RULE, Aim, Estate
from shared.rules.estate_rule import EstateRule
from shared.rules.packs.crossresource._routes import judge_routes
from shared.rules.resources import ResourceColumns

_JUDGED: Final = tuple(WORKLOADS)
_REST: Final = tuple(kind for kind in ESTATE_TYPES if kind not in WORKLOADS)


def _say(workload: ResourceColumns, worst: AttackPath, found: int) -> str:
    more = f" and {found - 1} more" if found > 1 else ""
    store = worst.target.rsplit("/", 1)[-1]
    return (
        f"A path of {len(worst.steps)} steps leads from the internet through {workload.name} to "
        f"{store}{more}: {worst.steps[-1].words}"
    )


def _judge(metadata: RuleMetadata, resource: ResourceColumns, estate: Estate) -> RuleResult:
    return judge_routes(metadata, resource, estate, Aim.DATA, _say)


RULE = EstateRule(
    RuleMetadata(
        rule_id=PATH_RULE,
        title="No path leads from the internet to data",
        finding_title="Path from the internet to a data store",
        description=(
            "Strangers can send packets to a workload, and its identity, by roles, groups and other "
            "workloads that it may run code on, opens a storage account or database whose network lets it in."
        ),
        severity=Severity.HIGH,
        risk_score=80,
        resource_type="WORKLOAD",
        reads=(*_JUDGED, *_REST),
        references=(
            "https://learn.microsoft.com/azure/role-based-access-control/best-practices",
            "https://learn.microsoft.com/azure/defender-for-cloud/concept-attack-path",
        ),
        remediation_steps=(
            "Cut the path at the step that costs least: the way in, the role, or the store's network",
            "Give the identity a role for the data that it needs, at that store or container",
            "Open the store's network only to the workloads that use it",
        ),
        auto_remediable=False,
        scope=RuleScope.ESTATE,
    ),
    ESTATE_COLUMNS,
    _JUDGED,
    _judge,
    ACCESS_FACTS,
)
