"""`rbac.service_principal_owner`."""

from __future__ import annotations

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.packs.rbac._assignments import (
    ASSIGNMENT_PATHS,
    ASSIGNMENTS,
    ASSIGNMENTS_REFERENCE,
    OWNER,
)
from shared.rules.packs.rbac._principals import KIND, PRINCIPAL_PATHS, PRINCIPALS, Principals
from shared.rules.packs.rbac._workloads import workloads
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import SubscriptionResources


def _judge(metadata: RuleMetadata, subject: SubscriptionResources) -> RuleResult:
    principals = Principals.of(subject)
    owners, doubt = workloads(subject, principals, OWNER)
    findings = []
    for one in owners:
        where = ", ".join(dict.fromkeys(held.where for held in one.held))
        words = f"Service principal {principals.label(one.object_id)} is Owner at {where}{one.through}"
        evidence = {
            "principal_id": one.object_id,
            "assignments": [held.id for held in one.held][:20],
            "groups": one.groups[:20],
        }
        findings.append(resource_finding(metadata, subject.id, words, evidence, discriminator=one.object_id))
    return judged(metadata, subject.id, findings, doubt)


RULE = SubscriptionRule(
    RuleMetadata(
        rule_id="rbac.service_principal_owner",
        title="No workload identity is subscription owner",
        finding_title="Workload identity is subscription owner",
        description=(
            "An application or managed identity holds Owner at the subscription or above it: who gets hold "
            "of its credential, or of what runs as it, can do everything, role assignments included."
        ),
        severity=Severity.HIGH,
        risk_score=80,
        resource_type="SUBSCRIPTION",
        reads=(ASSIGNMENTS, PRINCIPALS),
        references=(
            ASSIGNMENTS_REFERENCE,
            "https://learn.microsoft.com/azure/role-based-access-control/best-practices",
        ),
        remediation_steps=(
            "Assign the roles that the workload needs, at the resource groups that it works in",
            "Where it must assign roles, use Role Based Access Control Administrator with a condition",
        ),
        auto_remediable=False,
    ),
    {ASSIGNMENTS: ASSIGNMENT_PATHS, PRINCIPALS: PRINCIPAL_PATHS},
    _judge,
    (KIND,),
)
