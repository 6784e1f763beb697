"""`rbac.privileged_credential`: what proves the identity of a service principal that rules a subscription."""

from __future__ import annotations

from typing import Final

from shared.domain.finding import Observation
from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, text_at
from shared.rules.entra_credentials import CREDENTIAL_PATHS, Life, credentials, evidence_of, in_words, life
from shared.rules.packs.rbac._assignments import (
    ASSIGNMENT_PATHS,
    ASSIGNMENTS,
    ASSIGNMENTS_REFERENCE,
    OWNER,
    USER_ACCESS_ADMINISTRATOR,
)
from shared.rules.packs.rbac._principals import KIND, PRINCIPAL_PATHS, PRINCIPALS, Principals
from shared.rules.packs.rbac._workloads import Workload, workloads
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import SubscriptionResources

_MANAGED: Final = "managedidentity"
_TYPE: Final = "properties.servicePrincipalType"


def _weak(
    metadata: RuleMetadata, subject: SubscriptionResources, principals: Principals, one: Workload
) -> list[Observation]:
    columns = principals.get(one.object_id).columns
    # Azure rotates the credentials of managed identities; a deleted principal has none.
    if (text_at(columns, _TYPE) or "").lower() == _MANAGED or not principals.exists(one.object_id):
        return []
    found = []
    for credential in credentials(columns):
        state = life(credential, subject)
        if state in {Life.EXPIRED, Life.LONG_LIVED}:
            name = principals.label(one.object_id)
            words = (
                f"{in_words(credential, state, subject.as_of)}: {name} rules the subscription{one.through}"
            )
            evidence = evidence_of(credential, state) | {
                "principal_id": one.object_id,
                "assignments": [held.id for held in one.held][:20],
            }
            mark = f"{one.object_id}/{credential.key_id}"
            found.append(resource_finding(metadata, subject.id, _begun(words), evidence, discriminator=mark))
    return found


def _begun(words: str) -> str:
    return words[0].upper() + words[1:]


def _judge(metadata: RuleMetadata, subject: SubscriptionResources) -> RuleResult:
    principals = Principals.of(subject)
    rulers, doubt = workloads(subject, principals, OWNER, USER_ACCESS_ADMINISTRATOR)
    findings = []
    for one in rulers:
        try:
            findings += _weak(metadata, subject, principals, one)
        except ColumnError as error:
            doubt = doubt or f"credentials of {principals.label(one.object_id)}: {error}"
    if not rulers and doubt is None:
        return RuleResult(metadata.rule_id, subject.id, RuleStatus.NOT_APPLICABLE)
    return judged(metadata, subject.id, findings, doubt)


RULE = SubscriptionRule(
    RuleMetadata(
        rule_id="rbac.privileged_credential",
        title="Credentials of privileged workloads are short-lived",
        finding_title="Privileged workload has an expired or long-lived credential",
        description=(
            "A service principal that is Owner or User Access Administrator of the subscription has a secret "
            "or certificate that expired, which nobody cares for, or that stays valid for over 180 days."
        ),
        severity=Severity.HIGH,
        risk_score=82,
        resource_type="SUBSCRIPTION",
        reads=(ASSIGNMENTS, PRINCIPALS),
        references=(
            ASSIGNMENTS_REFERENCE,
            "https://learn.microsoft.com/graph/api/resources/passwordcredential",
            "https://learn.microsoft.com/entra/identity-platform/how-to-add-credentials",
        ),
        remediation_steps=(
            "Replace the credential with a managed identity or workload identity federation",
            "Remove expired credentials, and those that nothing uses",
            "Give the workload a role that does not rule the whole subscription",
        ),
        auto_remediable=False,
        credential=True,
    ),
    {
        ASSIGNMENTS: ASSIGNMENT_PATHS,
        PRINCIPALS: (*PRINCIPAL_PATHS, _TYPE, *CREDENTIAL_PATHS),
    },
    _judge,
    (KIND,),
)
