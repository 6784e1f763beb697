"""`rbac.custom_owner_role`."""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError, entries_at
from shared.rules.packs.rbac._definitions import (
    DEFINITION_PATHS,
    DEFINITIONS,
    DEFINITIONS_REFERENCE,
    custom_roles,
    grants,
    role_name,
    words_at,
)
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_ASSIGN_ROLES: Final = "Microsoft.Authorization/roleAssignments/write"
_GROUPS: Final = "/providers/microsoft.management/managementgroups/"


def _is_owner(role: ResourceColumns, subject: SubscriptionResources) -> bool:
    everything = any(
        "*" in words_at(one, "actions") for one in entries_at(role.columns, "properties.permissions")
    )
    scopes = [one.lower().rstrip("/") for one in words_at(role.columns, "properties.assignableScopes")]
    whole = any(one in {"", subject.id.lower()} or one.startswith(_GROUPS) for one in scopes)
    return whole and everything and grants(role, _ASSIGN_ROLES)


def _judge(metadata: RuleMetadata, subject: SubscriptionResources) -> RuleResult:
    findings, doubt = [], subject.unlisted(DEFINITIONS, subject.id) or subject.doubt(DEFINITIONS)
    for role in custom_roles(subject):
        try:
            if _is_owner(role, subject):
                words = f"Custom role {role_name(role)} may do everything, role assignments included"
                evidence = {
                    "role": role.id,
                    "assignable_scopes": words_at(role.columns, "properties.assignableScopes")[:20],
                }
                findings.append(
                    resource_finding(metadata, subject.id, words, evidence, discriminator=role.name.lower())
                )
        except ColumnError as error:
            doubt = doubt or f"{role.name}: {error}"
    return judged(metadata, subject.id, findings, doubt)


RULE = SubscriptionRule(
    RuleMetadata(
        rule_id="rbac.custom_owner_role",
        title="No custom role equals subscription owner",
        finding_title="Custom role equals subscription owner",
        description=(
            "A custom role that can be assigned for the whole subscription allows every action, assigning "
            "roles included: those who hold it are owners that no review of owners shows."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="SUBSCRIPTION",
        reads=(DEFINITIONS,),
        references=(
            DEFINITIONS_REFERENCE,
            "https://learn.microsoft.com/azure/role-based-access-control/role-definitions",
            "https://learn.microsoft.com/azure/role-based-access-control/best-practices",
        ),
        remediation_steps=(
            "List the actions that its holders need, and put them in place of *",
            "Use the built-in role Owner where all of them are needed",
        ),
        auto_remediable=False,
    ),
    {DEFINITIONS: DEFINITION_PATHS},
    _judge,
)
