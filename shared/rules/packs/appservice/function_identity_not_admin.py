"""`appservice.function_identity_not_admin`.

Assignments at the subscription, a management group above it or the root, made to the identity itself. Those
that it gets through a group are not followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, text_at, value_at
from shared.rules.packs.appservice._site_config import SITE, is_function_app
from shared.rules.prepared_rule import PreparedRule
from shared.rules.property_rule import judged, resource_finding
from shared.rules.resources import ResourceColumns, SubscriptionResources

_ASSIGNMENTS = "microsoft.authorization/roleassignments"
_MEMBERS = ("properties.principalId", "properties.roleDefinitionId", "properties.scope")
_PRIVILEGED = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}
_MANAGEMENT_GROUPS = "/providers/microsoft.management/managementgroups/"


@dataclass(frozen=True, slots=True)
class _Privileges:
    """Privileged assignments that cover the subscription: (role, scope, id) by principal."""

    held: Mapping[str, list[tuple[str, str, str]]]
    doubt: str | None
    """Why there may be more."""

    @classmethod
    def of(cls, resources: SubscriptionResources) -> Self:
        held: dict[str, list[tuple[str, str, str]]] = {}
        doubt = resources.doubt(_ASSIGNMENTS)
        for one in resources.of(_ASSIGNMENTS):
            try:
                principal, role, scope = (text_at(one.columns, path) or "" for path in _MEMBERS)
            except ColumnError as error:
                doubt = f"{one.name}: {error}"
                continue
            name = _PRIVILEGED.get(role.rsplit("/", 1)[-1].lower())
            if name is not None and _covers(scope.lower(), resources.id):
                held.setdefault(principal.lower(), []).append((name, scope.lower(), one.id))
        return cls(held, doubt)


def _judge(
    metadata: RuleMetadata, site: ResourceColumns, _: SubscriptionResources, privileges: _Privileges
) -> RuleResult:
    principals = _principals(site)
    if is_function_app.judge(site.columns).status is not RuleStatus.PASS or not principals:
        return RuleResult(metadata.rule_id, site.id, RuleStatus.NOT_APPLICABLE)
    findings = []
    for principal in sorted(principals):
        for role, scope, assignment in privileges.held.get(principal, ()):
            words = f"An identity of {site.name} is {role} at {scope}"
            evidence = {"principal": principal, "role": role, "scope": scope, "assignment": assignment}
            by = f"{principal} {role} {scope}"
            findings.append(resource_finding(metadata, site.id, words, evidence, discriminator=by))
    return judged(metadata, site.id, findings, privileges.doubt)


def _principals(site: ResourceColumns) -> set[str]:
    """The object ids of the site's identities, system-assigned and user-assigned."""
    found = {text_at(site.columns, "identity.principalId")}
    assigned = value_at(site.columns, "identity.userAssignedIdentities")
    if assigned is not None and not isinstance(assigned, Mapping):
        raise ColumnError("identity.userAssignedIdentities: not an object")
    found |= {text_at(one, "principalId") for one in (assigned or {}).values() if isinstance(one, Mapping)}
    return {one.lower() for one in found if one is not None}


def _covers(scope: str, subscription: str) -> bool:
    return scope in ("/", subscription.lower()) or scope.startswith(_MANAGEMENT_GROUPS)


RULE = PreparedRule(
    RuleMetadata(
        rule_id="appservice.function_identity_not_admin",
        title="Function identity is not privileged",
        finding_title="Function app identity is privileged on the subscription",
        description=(
            "A managed identity of the function app is Owner, Contributor, User Access Administrator "
            "or Role Based Access Control Administrator of the subscription or of a scope above it: a"
            " flaw in the code gives away the subscription."
        ),
        severity=Severity.HIGH,
        risk_score=80,
        resource_type="FUNCTION_APP",
        reads=(SITE, _ASSIGNMENTS),
        references=(
            "https://learn.microsoft.com/rest/api/authorization/role-assignments/list-for-subscription",
            "https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/privileged",
        ),
        remediation_steps=(
            "Find out what the function does in Azure",
            "Assign a role with just that, at the resource or resource group",
            "Remove the privileged assignment",
        ),
        auto_remediable=False,
    ),
    {
        SITE: (*is_function_app.paths, "identity.principalId", "identity.userAssignedIdentities"),
        _ASSIGNMENTS: _MEMBERS,
    },
    _Privileges.of,
    _judge,
)
