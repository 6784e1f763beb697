"""`rbac.user_access_administrator`."""

from __future__ import annotations

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.packs.rbac._assignments import (
    ASSIGNMENT_PATHS,
    ASSIGNMENTS,
    ASSIGNMENTS_REFERENCE,
    USER_ACCESS_ADMINISTRATOR,
    by_principal,
    covers,
    in_force,
    principal_finding,
)
from shared.rules.property_rule import judged
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import SubscriptionResources


def _judge(metadata: RuleMetadata, subject: SubscriptionResources) -> RuleResult:
    assignments = in_force(subject)
    held = by_principal(one for one in assignments.of_role(USER_ACCESS_ADMINISTRATOR) if covers(one, subject))
    findings = [
        principal_finding(
            metadata,
            subject,
            f"{those[0].who} holds User Access Administrator at {', '.join(one.where for one in those)}",
            those,
        )
        for those in held.values()
    ]
    return judged(metadata, subject.id, findings, assignments.doubt)


RULE = SubscriptionRule(
    RuleMetadata(
        rule_id="rbac.user_access_administrator",
        title="User Access Administrator is not standing",
        finding_title="User Access Administrator is held in the subscription",
        description=(
            "A principal holds User Access Administrator at the subscription or above it: it may give every "
            "role to anybody, itself included. An elevation that is active while the scan reads counts too."
        ),
        severity=Severity.HIGH,
        risk_score=80,
        resource_type="SUBSCRIPTION",
        reads=(ASSIGNMENTS,),
        references=(
            ASSIGNMENTS_REFERENCE,
            "https://learn.microsoft.com/azure/role-based-access-control/elevate-access-global-admin",
        ),
        remediation_steps=(
            "Remove the assignment; one at the root scope is removed by turning off elevated access",
            "Where access must be managed, make it eligible in Privileged Identity Management, or constrain "
            "it with Role Based Access Control Administrator and a condition",
        ),
        auto_remediable=False,
    ),
    {ASSIGNMENTS: ASSIGNMENT_PATHS},
    _judge,
)
