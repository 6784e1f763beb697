"""Service principals that hold a role in the whole subscription, themselves or as members of a group."""

from __future__ import annotations

from dataclasses import dataclass

from shared.rules.columns import ColumnError
from shared.rules.packs.rbac._assignments import Assignment, covers, in_force
from shared.rules.packs.rbac._principals import Principals
from shared.rules.resources import SubscriptionResources


@dataclass(frozen=True, slots=True)
class Workload:
    """One service principal: the assignments that give it a role, and the groups it has some through."""

    object_id: str
    held: list[Assignment]
    groups: list[str]

    @property
    def through(self) -> str:
        """` through group Admins`, empty where it holds the role itself."""
        return (
            f" through group {self.groups[0]}" if self.groups and len(self.groups) == len(self.held) else ""
        )


def workloads(
    subject: SubscriptionResources, principals: Principals, *roles: str
) -> tuple[list[Workload], str | None]:
    """Service principals with one of the roles at the subscription or above, and why there may be more."""
    assignments = in_force(subject)
    doubt = assignments.doubt
    found: dict[str, Workload] = {}

    def add(object_id: str, assignment: Assignment, group: str | None) -> None:
        one = found.setdefault(object_id, Workload(object_id, [], []))
        one.held.append(assignment)
        one.groups.extend([group] if group else [])

    for one in assignments.found:
        kind = one.principal_type.lower()
        if one.role not in roles or not covers(one, subject):
            continue
        if kind == "serviceprincipal":
            add(one.principal, one, None)
        elif kind == "group":
            try:
                for member in principals.service_principals_of(one.principal):
                    add(member, one, principals.label(one.principal))
            except ColumnError as error:
                doubt = doubt or str(error)
    return [found[key] for key in sorted(found)], doubt
