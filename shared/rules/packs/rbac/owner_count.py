"""`rbac.owner_count`."""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError
from shared.rules.packs.rbac._assignments import (
    ASSIGNMENT_PATHS,
    ASSIGNMENTS,
    ASSIGNMENTS_REFERENCE,
    OWNER,
    Assignment,
    in_force,
)
from shared.rules.packs.rbac._principals import KIND, PRINCIPAL_PATHS, PRINCIPALS, Principals
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import SubscriptionResources

_FEWEST: Final = 2
_MOST: Final = 3


def _owners(assignment: Assignment, principals: Principals) -> list[str]:
    kind = assignment.principal_type.lower()
    if kind == "foreigngroup":
        raise ColumnError(f"members of foreign group {assignment.principal} cannot be read")
    return principals.members(assignment.principal) if kind == "group" else [assignment.principal]


def _judge(metadata: RuleMetadata, subject: SubscriptionResources) -> RuleResult:
    assignments, principals = in_force(subject), Principals.of(subject)
    doubt = assignments.doubt
    owners: set[str] = set()
    for one in assignments.of_role(OWNER):
        if one.scope != subject.id.lower():
            continue
        try:
            owners.update(_owners(one, principals))
        except ColumnError as error:
            doubt = doubt or str(error)
    if len(owners) > _MOST or (doubt is None and len(owners) < _FEWEST):
        count = f"{len(owners)} {'owner' if len(owners) == 1 else 'owners'}"
        words = f"The subscription has {count} at its own scope, expected {_FEWEST} or {_MOST}"
        evidence = {"owners": sorted(owners)[:20], "count": len(owners)}
        return judged(metadata, subject.id, [resource_finding(metadata, subject.id, words, evidence)], doubt)
    return judged(metadata, subject.id, (), doubt)


RULE = SubscriptionRule(
    RuleMetadata(
        rule_id="rbac.owner_count",
        title="Two or three subscription owners",
        finding_title="Subscription has too many or too few owners",
        description=(
            "Fewer than two hold Owner at the subscription, so that one lost account locks everybody out, or "
            "more than three, each of whom can do everything. Groups count with their members."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="SUBSCRIPTION",
        reads=(ASSIGNMENTS, PRINCIPALS),
        references=(
            ASSIGNMENTS_REFERENCE,
            "https://learn.microsoft.com/azure/role-based-access-control/best-practices",
        ),
        remediation_steps=(
            "Give those who need less than Owner the role that they need",
            "Keep two or three owners, eligible in Privileged Identity Management where licensed",
        ),
        auto_remediable=False,
    ),
    {ASSIGNMENTS: ASSIGNMENT_PATHS, PRINCIPALS: PRINCIPAL_PATHS},
    _judge,
    (KIND,),
)
