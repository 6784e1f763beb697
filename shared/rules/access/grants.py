"""What service principals may do: role assignments expanded through groups, access policies of vaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.rules.access.certainty import Certainty
from shared.rules.access.roles import Role, Roles
from shared.rules.access.stores import Store
from shared.rules.columns import ColumnError
from shared.rules.packs.rbac._assignments import Assignment, covers, in_force
from shared.rules.packs.rbac._principals import Principals
from shared.rules.resources import SubscriptionResources


@dataclass(frozen=True, slots=True)
class Grant:
    """A role at a scope, whoever holds it."""

    role: Role
    scope: str
    """Lower-cased ARM id; the subscription's own id where the assignment was made at it or above it."""

    @property
    def key(self) -> str:
        """Identity within a subscription."""
        return f"{self.scope}|{self.role.id}"


@dataclass(frozen=True, slots=True)
class Hold:
    """That a principal has a grant: by which assignment, and through which group."""

    grant: Grant
    assignment: Assignment
    group: str | None
    """Label of the group; None: the principal itself holds it."""
    certainty: Certainty
    note: str | None

    @property
    def steps(self) -> int:
        """Steps of a path from the principal to the grant."""
        return 1 if self.group is None else 2

    @property
    def rank(self) -> tuple[int, int, str]:
        """The surest first, then the shortest."""
        return int(self.certainty), self.steps, self.assignment.id


@dataclass(frozen=True, slots=True)
class PolicyHold:
    """That a principal has an access policy on a vault."""

    store: Store
    words: str
    object_id: str
    group: str | None


@dataclass(frozen=True, slots=True)
class Grants:
    """What some principals may do."""

    holds: Mapping[str, tuple[Hold, ...]]
    """By lower-cased object id, the surest first."""
    policies: Mapping[str, tuple[PolicyHold, ...]]
    anyone: tuple[Hold, ...]
    """What groups hold whose members could not be read: any principal may be one."""
    doubt: str | None
    """Why there may be assignments that were not read."""

    def of(self, object_id: str) -> tuple[Hold, ...]:
        """What a principal holds, and what it may hold."""
        return (*self.holds.get(object_id, ()), *self.anyone)


def grants_of(resources: SubscriptionResources, principals: Iterable[str], stores: Iterable[Store]) -> Grants:
    """The grants of these principals (lower-cased object ids)."""
    wanted = frozenset(principals)
    assignments, roles, known = in_force(resources), Roles.of(resources), Principals.of(resources)
    members: dict[str, tuple[frozenset[str], str | None]] = {}

    def members_of(group: str) -> tuple[frozenset[str], str | None]:
        if group not in members:
            try:
                exists = known.exists(group)
                members[group] = wanted.intersection(known.members(group) if exists else ()), None
            except ColumnError as error:
                members[group] = frozenset(), f"who is in group {_label(known, group)}: {error}"
        return members[group]

    holds: dict[str, list[Hold]] = {}
    anyone: list[Hold] = []
    for one in assignments.found:
        grant = Grant(roles.get(one.role), _scope(one, resources))
        certainty, note = Certainty.READ, None
        if one.condition is not None:
            certainty, note = Certainty.ASSUMED, "the assignment has a condition, which was not evaluated"
        if one.principal in wanted:
            holds.setdefault(one.principal, []).append(Hold(grant, one, None, certainty, note))
        elif one.principal_type.lower() == "group":
            inside, doubt = members_of(one.principal)
            label = _label(known, one.principal)
            for member in sorted(inside):
                holds.setdefault(member, []).append(Hold(grant, one, label, certainty, note))
            if doubt is not None:
                anyone.append(Hold(grant, one, label, Certainty.UNREAD, doubt))
    return Grants(
        {key: tuple(sorted(found, key=lambda hold: hold.rank)) for key, found in sorted(holds.items())},
        _policies(wanted, stores, known),
        tuple(sorted(anyone, key=lambda hold: hold.rank)),
        assignments.doubt,
    )


def _label(known: Principals, object_id: str) -> str:
    try:
        return known.label(object_id)
    except ColumnError:
        return object_id


def _scope(assignment: Assignment, resources: SubscriptionResources) -> str:
    return resources.id.lower() if covers(assignment, resources) else assignment.scope


def _policies(
    wanted: frozenset[str], stores: Iterable[Store], known: Principals
) -> dict[str, tuple[PolicyHold, ...]]:
    """Policies by principal. Groups count where their members were read, as those of role assignments are."""
    found: dict[str, list[PolicyHold]] = {}
    for store in stores:
        for policy in store.policies:
            if policy.object_id in wanted:
                own = PolicyHold(store, policy.words, policy.object_id, None)
                found.setdefault(policy.object_id, []).append(own)
                continue
            try:
                inside = wanted.intersection(known.members(policy.object_id))
            except ColumnError:
                continue  # no group, or one that holds no role: see docs/attack-paths.md
            label = _label(known, policy.object_id)
            for member in sorted(inside):
                found.setdefault(member, []).append(PolicyHold(store, policy.words, policy.object_id, label))
    return {key: tuple(held) for key, held in sorted(found.items())}
