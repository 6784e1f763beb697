"""`rbac.lock_admin_role`."""

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
    words_at,
)
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_LOCKS: Final = "microsoft.authorization/locks/"


def _is_for_locks(role: ResourceColumns) -> bool:
    named = any(
        action.lower().startswith(_LOCKS)
        for one in entries_at(role.columns, "properties.permissions")
        for action in words_at(one, "actions")
    )
    return named and all(grants(role, f"Microsoft.Authorization/locks/{one}") for one in ("write", "delete"))


def _judge(metadata: RuleMetadata, subject: SubscriptionResources) -> RuleResult:
    doubt = subject.unlisted(DEFINITIONS, subject.id) or subject.doubt(DEFINITIONS)
    roles = custom_roles(subject)
    for role in roles:
        try:
            if _is_for_locks(role):
                return judged(metadata, subject.id, ())
        except ColumnError as error:
            doubt = doubt or f"{role.name}: {error}"
    if doubt is not None:
        return judged(metadata, subject.id, (), doubt)
    words = "The subscription has no custom role for managing resource locks"
    return judged(
        metadata, subject.id, [resource_finding(metadata, subject.id, words, {"custom_roles": len(roles)})]
    )


RULE = SubscriptionRule(
    RuleMetadata(
        rule_id="rbac.lock_admin_role",
        title="A role exists for managing locks",
        finding_title="No role for managing locks",
        description=(
            "No custom role is there for setting and removing resource locks: only owners and user access "
            "administrators can, who are then needed for it."
        ),
        severity=Severity.LOW,
        risk_score=15,
        resource_type="SUBSCRIPTION",
        reads=(DEFINITIONS,),
        references=(
            DEFINITIONS_REFERENCE,
            "https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources",
        ),
        remediation_steps=(
            "Define a custom role with Microsoft.Authorization/locks/*",
            "Assign it to those who guard locks",
        ),
        auto_remediable=False,
    ),
    {DEFINITIONS: DEFINITION_PATHS},
    _judge,
)
