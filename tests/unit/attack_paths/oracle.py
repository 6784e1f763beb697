"""Small random estates and what an exhaustive walk through them finds.

Nothing of the product is used here: roles are what Azure's documentation says of them, written down by hand,
and every walk of at most eight steps is walked, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.unit.attack_paths import estates as e

GROUPS = ("g1", "g2")
SURE, ASSUMED, UNREAD = range(3)
MAX_STEPS = 8

KEYS_ONLY = "cccccccc-0000-0000-0000-000000000001"
UNKNOWN = "cccccccc-0000-0000-0000-000000000002"
ROLES = (
    e.OWNER,
    e.CONTRIBUTOR,
    e.READER,
    e.USER_ACCESS_ADMINISTRATOR,
    e.BLOB_READER,
    e.SECRETS_USER,
    e.VM_CONTRIBUTOR,
    KEYS_ONLY,
    UNKNOWN,
)
ASSIGNS = {e.OWNER, e.USER_ACCESS_ADMINISTRATOR}
MANAGES = {e.OWNER, e.CONTRIBUTOR}


@dataclass(frozen=True)
class Workload:
    name: str
    machine: bool
    group: str
    open: bool
    subnet: str
    principals: tuple[int, ...]

    @property
    def id(self) -> str:
        kind = "Microsoft.Compute/virtualMachines" if self.machine else "Microsoft.Web/sites"
        return e.arm_id(kind, self.name, self.group)


@dataclass(frozen=True)
class Store:
    name: str
    vault: bool
    group: str
    network: str
    """open, closed, or the subnet that is let in."""
    flag: bool
    """Of an account: keys work; of a vault: roles decide."""
    policies: tuple[int, ...] = ()

    @property
    def id(self) -> str:
        kind = "Microsoft.KeyVault/vaults" if self.vault else "Microsoft.Storage/storageAccounts"
        return e.arm_id(kind, self.name, self.group)


@dataclass(frozen=True)
class Assignment:
    role: str
    principal: int
    """Below 10 a service principal, from 10 a group."""
    scope: str
    conditional: bool


@dataclass(frozen=True)
class World:
    workloads: tuple[Workload, ...]
    stores: tuple[Store, ...]
    members: tuple[tuple[int, ...] | None, ...]
    """Of group 10, 11: None where they could not be read."""
    assignments: tuple[Assignment, ...]

    def rows(self) -> list[e.Row]:
        found: list[e.Row] = [e.network("s1", "s2")]
        for number, one in enumerate(self.workloads):
            identity = None
            if one.principals:
                assigned = {
                    e.arm_id("Microsoft.ManagedIdentity/userAssignedIdentities", f"u{principal}"): {
                        "principalId": e.guid(principal)
                    }
                    for principal in one.principals
                }
                identity = {"type": "UserAssigned", "userAssignedIdentities": assigned}
            if one.machine:
                port = "22" if one.open else None
                found += e.machine(
                    one.name, port=port, group=one.group, identity=identity, number=number, subnet=one.subnet
                )
            else:
                access = "Enabled" if one.open else "Disabled"
                subnet = e.subnet_id(one.subnet)
                [site] = e.app(
                    one.name, group=one.group, publicNetworkAccess=access, virtualNetworkSubnetId=subnet
                )
                found.append(site if identity is None else site | {"identity": identity})
        found += map(self._store, self.stores)
        for number, members in enumerate(self.members):
            if members is not None:
                found.append(e.principal(e.guid(10 + number), members=[e.guid(one) for one in members]))
        for number, held in enumerate(self.assignments):
            kind = "Group" if held.principal >= 10 else "ServicePrincipal"
            condition = "@Resource[x] StringEquals 'y'" if held.conditional else None
            principal = e.guid(held.principal)
            found.append(
                e.assignment(100 + number, held.role, principal, held.scope, kind=kind, condition=condition)
            )
        keys = {"actions": ["microsoft.storage/*/LISTKEYS/action"]}
        return [*found, e.custom_role(KEYS_ONLY, keys)]

    def _store(self, one: Store) -> e.Row:
        acls: e.Row = {"defaultAction": "Allow" if one.network == "open" else "Deny"}
        if one.network not in ("open", "closed"):
            acls["virtualNetworkRules"] = [{"id": e.subnet_id(one.network)}]
        if one.vault:
            policies = [e.policy(e.guid(principal)) for principal in one.policies]
            return e.vault(one.name, rbac=one.flag, policies=policies, group=one.group, networkAcls=acls)
        return e.storage(one.name, group=one.group, networkAcls=acls, allowSharedKeyAccess=one.flag)

    def best(self) -> dict[tuple[str, str], tuple[int, int]]:
        """(workload entered, target) -> certainty and steps of the best walk."""
        found: dict[tuple[str, str], tuple[int, int]] = {}
        for entry in self.workloads:
            if entry.open:
                for target, certainty, steps in self._walk(entry, entry.subnet, 1, SURE, {entry.name}):
                    key = entry.id, target
                    found[key] = min(found.get(key, (certainty, steps)), (certainty, steps))
        return found

    def _walk(
        self, here: Workload, subnet: str, steps: int, certainty: int, seen: set[str]
    ) -> Iterator[tuple[str, int, int]]:
        for principal in here.principals:
            for store in self.stores:
                for length, sure in self._policy(store, principal):
                    ends = self._network(store, subnet)
                    if ends is not None and steps + length <= MAX_STEPS:
                        yield store.id, max(certainty, sure, ends), steps + length
            for held, length, sure in self._held(principal):
                at, so_sure = steps + length, max(certainty, sure)
                if at + 1 <= MAX_STEPS:
                    for target, ends in self._ends(held, subnet):
                        yield target, max(so_sure, ends), at + 1
                for further in self.workloads:
                    if further.name not in seen and at + 1 < MAX_STEPS and self._runs_code(held, further):
                        yield from self._walk(further, subnet, at + 1, so_sure, seen | {further.name})

    def _policy(self, store: Store, principal: int) -> Iterator[tuple[int, int]]:
        if not store.vault or store.flag:
            return
        for owner in store.policies:
            if owner == principal:
                yield 2, SURE
            elif owner >= 10 and principal in (self.members[owner - 10] or ()):
                yield 3, SURE

    def _held(self, principal: int) -> Iterator[tuple[Assignment, int, int]]:
        for held in self.assignments:
            sure = ASSUMED if held.conditional else SURE
            if held.principal == principal:
                yield held, 2, sure
            elif held.principal >= 10:
                members = self.members[held.principal - 10]
                if members is None:
                    yield held, 3, UNREAD
                elif principal in members:
                    yield held, 3, sure

    def _ends(self, held: Assignment, subnet: str) -> Iterator[tuple[str, int]]:
        if _everywhere(held.scope):
            if held.role == UNKNOWN:
                yield e.SCOPE, UNREAD
            elif held.role in ASSIGNS | MANAGES:
                yield e.SCOPE, SURE
        for store in self.stores:
            certainty = self._opens(held, store, subnet)
            if certainty is not None:
                yield store.id, certainty

    def _opens(self, held: Assignment, store: Store, subnet: str) -> int | None:
        part = held.scope.startswith(f"{store.id}/")
        if not part and not _covers(held.scope, store.id, store.group):
            return None
        if held.role == UNKNOWN:
            return UNREAD
        if held.role in ASSIGNS and not part:
            return SURE
        if held.role in MANAGES and not part and (not store.flag if store.vault else store.flag):
            return SURE  # it writes the store, so that the network is no bar
        reads = held.role == (e.SECRETS_USER if store.vault else e.BLOB_READER)
        works = store.flag if store.vault else True
        lists = held.role == KEYS_ONLY and not store.vault and store.flag and not part
        return self._network(store, subnet) if (reads and works) or lists else None

    def _network(self, store: Store, subnet: str) -> int | None:
        if store.network in ("open", subnet):
            return SURE
        return None if store.network == "closed" else ASSUMED

    def _runs_code(self, held: Assignment, further: Workload) -> bool:
        if not _covers(held.scope, further.id, further.group):
            return False
        return held.role in MANAGES or (held.role == e.VM_CONTRIBUTOR and further.machine)


def _everywhere(scope: str) -> bool:
    return scope in ("/", e.SCOPE) or "managementGroups" in scope


def _covers(scope: str, resource: str, group: str) -> bool:
    return _everywhere(scope) or scope in (resource, e.group_scope(group))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Estates of a few workloads, stores, groups and assignments."""
    principals = st.integers(1, 4)
    some = st.lists(principals, max_size=2, unique=True).map(tuple)
    workloads = tuple(
        Workload(
            f"w{number}",
            draw(st.booleans()),
            draw(st.sampled_from(GROUPS)),
            draw(st.booleans()) or number == 0,
            draw(st.sampled_from(("s1", "s2"))),
            draw(some),
        )
        for number in range(draw(st.integers(1, 4)))
    )
    stores = tuple(
        Store(
            f"st{number}",
            draw(st.booleans()),
            draw(st.sampled_from(GROUPS)),
            draw(st.sampled_from(("open", "closed", "s1"))),
            draw(st.booleans()),
            draw(st.lists(st.sampled_from((1, 2, 10, 11)), max_size=2, unique=True).map(tuple)),
        )
        for number in range(draw(st.integers(1, 3)))
    )
    scopes = [
        "/",
        e.SCOPE,
        "/providers/Microsoft.Management/managementGroups/root",
        *(e.group_scope(one) for one in GROUPS),
        *(one.id for one in (*workloads, *stores)),
        *(f"{one.id}/blobServices/default/containers/c" for one in stores if not one.vault),
        *(f"{one.id}/secrets/s" for one in stores if one.vault),
    ]
    members = tuple(draw(st.none() | some) for _ in range(2))
    held = st.builds(
        Assignment,
        st.sampled_from(ROLES),
        st.sampled_from((1, 2, 3, 4, 10, 11)),
        st.sampled_from(scopes),
        st.booleans(),
    )
    return World(workloads, stores, members, tuple(draw(st.lists(held, max_size=6))))
