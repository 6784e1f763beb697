"""`rbac.disabled_accounts`."""

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
    accounts = (
        one for one in assignments.found if one.principal_type.lower() in {"user", "serviceprincipal"}
    )
    for principal, held in by_principal(accounts).items():
        try:
            barred = principals.exists(principal) and not principals.is_enabled(principal)
        except ColumnError as error:
            doubt = doubt or str(error)
            continue
        if barred:
            words = f"Disabled account {principals.label(principal)} holds {len(held)} role assignment"
            words += "" if len(held) == 1 else "s"
            findings.append(principal_finding(metadata, subject, words, held))
    return judged(metadata, subject.id, findings, doubt)


RULE = SubscriptionRule(
    RuleMetadata(
        rule_id="rbac.disabled_accounts",
        title="Disabled accounts hold no roles",
        finding_title="Disabled account holds roles",
        description=(
            "A user or service principal that cannot sign in is still assigned roles: whoever enables it "
            "again, by mistake or on purpose, gets them. Only direct assignments are looked at."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="SUBSCRIPTION",
        reads=(ASSIGNMENTS, PRINCIPALS),
        references=(
            ASSIGNMENTS_REFERENCE,
            "https://learn.microsoft.com/graph/api/directoryobject-getbyids",
            "https://learn.microsoft.com/azure/defender-for-cloud/recommendations-reference-identity-access",
        ),
        remediation_steps=("Remove the role assignments of the account",),
        auto_remediable=False,
    ),
    {ASSIGNMENTS: ASSIGNMENT_PATHS, PRINCIPALS: PRINCIPAL_PATHS},
    _judge,
    (KIND,),
)
