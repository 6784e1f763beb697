"""Role assignments that are in force in a subscription.

`GET /subscriptions/{id}/providers/Microsoft.Authorization/roleAssignments` (API version 2022-04-01) lists
those of the subscription, of what is in it, and of the management groups and the root above it. The id of an
inherited one lies outside of the subscription, so that findings are about the subscription.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shared.domain.finding import Observation
from shared.rules.base import RuleMetadata
from shared.rules.columns import ColumnError, text_at
from shared.rules.property_rule import resource_finding
from shared.rules.resources import ResourceColumns, SubscriptionResources

ASSIGNMENTS: Final = "microsoft.authorization/roleassignments"
ASSIGNMENTS_REFERENCE: Final = (
    "https://learn.microsoft.com/rest/api/authorization/role-assignments/list-for-subscription"
)
ASSIGNMENT_PATHS: Final = tuple(
    f"properties.{member}"
    for member in ("roleDefinitionId", "principalId", "principalType", "scope", "condition")
)

OWNER: Final = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
USER_ACCESS_ADMINISTRATOR: Final = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
"""Built-in roles (https://learn.microsoft.com/azure/role-based-access-control/built-in-roles)."""

_GROUPS: Final = "/providers/microsoft.management/managementgroups/"
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Assignment:
    """One assignment; role and principal as lower-cased GUIDs, `scope` lower-cased."""

    id: str
    role: str
    principal: str
    principal_type: str
    scope: str
    condition: str | None = None
    """What narrows it (https://learn.microsoft.com/azure/role-based-access-control/conditions-overview)."""

    @property
    def where(self) -> str:
        """The scope in words."""
        if self.scope == "/":
            return "the root scope"
        if self.scope.startswith(_GROUPS):
            return f"management group {self.scope.removeprefix(_GROUPS)}"
        return "the subscription" if self.scope.count("/") == 2 else self.scope

    @property
    def who(self) -> str:
        """The principal in words: `User 1111...`."""
        return f"{self.principal_type} {self.principal}"


@dataclass(frozen=True, slots=True)
class InForce:
    """The assignments that were read; `doubt` says why there may be more."""

    found: tuple[Assignment, ...]
    doubt: str | None

    def of_role(self, role: str) -> Iterator[Assignment]:
        """Those of one role."""
        return (one for one in self.found if one.role == role)


def in_force(subject: SubscriptionResources) -> InForce:
    """Every assignment of the subscription, above it and below it."""
    doubt = subject.unlisted(ASSIGNMENTS, subject.id) or subject.doubt(ASSIGNMENTS)
    found = []
    for one in subject.of(ASSIGNMENTS):
        try:
            found.append(_parsed(one))
        except ColumnError as error:
            doubt = doubt or f"{one.name}: {error}"
    return InForce(tuple(found), doubt)


def _parsed(resource: ResourceColumns) -> Assignment:
    role, principal, scope = (
        _required(resource, member) for member in ("roleDefinitionId", "principalId", "scope")
    )
    return Assignment(
        resource.id,
        role.rsplit("/", 1)[-1],
        principal,
        text_at(resource.columns, "properties.principalType") or "Principal",
        scope.rstrip("/") or "/",
        text_at(resource.columns, "properties.condition"),
    )


def _required(resource: ResourceColumns, member: str) -> str:
    value = text_at(resource.columns, f"properties.{member}")
    if value is None:
        raise ColumnError(f"properties.{member}: missing")
    return value.lower()


def covers(assignment: Assignment, subject: SubscriptionResources) -> bool:
    """The assignment is in force in the whole subscription: made at it, or above it."""
    scope = assignment.scope
    return scope == "/" or scope.startswith(_GROUPS) or scope == subject.id.lower()


def principal_finding(
    metadata: RuleMetadata, subject: SubscriptionResources, words: str, held: list[Assignment], **more: object
) -> Observation:
    """A finding about one principal of the subscription, told apart by its object id."""
    evidence = {
        "principal_id": held[0].principal,
        "principal_type": held[0].principal_type,
        "assignments": [{"id": one.id, "role": one.role, "scope": one.scope} for one in held[:_SHOWN]],
        **more,
    }
    return resource_finding(metadata, subject.id, words, evidence, discriminator=held[0].principal)


def by_principal(assignments: Iterator[Assignment]) -> dict[str, list[Assignment]]:
    """Assignments of each principal, in the order of the object ids."""
    grouped: dict[str, list[Assignment]] = {}
    for one in assignments:
        grouped.setdefault(one.principal, []).append(one)
    return dict(sorted(grouped.items()))
