"""`rbac.orphaned_assignment`."""

from __future__ import annotations

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError
from shared.rules.packs.rbac._assignments import (
    ASSIGNMENT_PATHS,
    ASSIGNMENTS,
    ASSIGNMENTS_REFERENCE,
    by_principal,
    in_force,
    principal_finding,
)
from shared.rules.packs.rbac._principals import KIND, PRINCIPAL_PATHS, PRINCIPALS, Principals
from shared.rules.property_rule import judged
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import SubscriptionResources


def _judge(metadata: RuleMetadata, subject: SubscriptionResources) -> RuleResult:
    assignments, principals = in_force(subject), Principals.of(subject)
    doubt = assignments.doubt
    findings = []
    # A foreign group lives in another directory: that it does not resolve here says nothing.
    own = (one for one in assignments.found if one.principal_type.lower() != "foreigngroup")
    for principal, held in by_principal(own).items():
        try:
            gone = not principals.exists(principal)
        except ColumnError as error:
            doubt = doubt or str(error)
            continue
        if gone:
            words = f"{held[0].who} is deleted and still holds {len(held)} role assignment"
            words += "" if len(held) == 1 else "s"
            findings.append(principal_finding(metadata, subject, words, held))
    return judged(metadata, subject.id, findings, doubt)


RULE = SubscriptionRule(
    RuleMetadata(
        rule_id="rbac.orphaned_assignment",
        title="No role assignment to a deleted principal",
        finding_title="Role is assigned to a deleted principal",
        description=(
            "Role assignments name a principal that the directory does not have any more. They give nobody "
            "access, hide who has, and count against the limit of assignments."
        ),
        severity=Severity.LOW,
        risk_score=20,
        resource_type="SUBSCRIPTION",
        reads=(ASSIGNMENTS, PRINCIPALS),
        references=(
            ASSIGNMENTS_REFERENCE,
            "https://learn.microsoft.com/azure/role-based-access-control/troubleshooting",
        ),
        remediation_steps=("Remove the assignments whose identity is shown as not found",),
        auto_remediable=False,
    ),
    {ASSIGNMENTS: ASSIGNMENT_PATHS, PRINCIPALS: PRINCIPAL_PATHS},
    _judge,
    (KIND,),
)
