"""What leads where in one subscription: workloads, grants and targets, and the edges between them.

Grants (a role at a scope) stand between principals and targets, so that the edges number about
assignments + grants x what lies below their scopes, and not principals x targets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from shared.domain.attack_path import StepKind
from shared.rules.access.certainty import Certainty
from shared.rules.access.grants import Grant, Hold, PolicyHold
from shared.rules.access.privileges import control_of
from shared.rules.access.public_blobs import best_public_blobs
from shared.rules.access.store_kinds import SQL, VAULT, Condition
from shared.rules.access.stores import Store, Way, way_of
from shared.rules.access.vault_references import vault_references
from shared.rules.access.workloads import SITE, RunsAs, Workload
from shared.rules.estate import Aim, Estate

SUBSCRIPTION_IMPACT: Final = 100
_NOBODY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Lead:
    """The last edge of a path: what somebody may do with a target."""

    target: str
    certainty: Certainty
    kind: StepKind
    words: str
    fact: str | None = None
    note: str | None = None
    identity: RunsAs | None = None
    """Of a lead from a workload: as whom it does so."""
    policy: PolicyHold | None = None

    @property
    def steps(self) -> int:
        """Steps from the grant or workload that it leads away from."""
        through_group = self.policy is not None and self.policy.group is not None
        return 1 + (self.identity is not None) + through_group


@dataclass(frozen=True, slots=True)
class Start:
    """From a workload to a grant: as whom, and by which assignment."""

    identity: RunsAs
    hold: Hold

    @property
    def steps(self) -> int:
        """Runs as, perhaps member of, holds."""
        return 1 + self.hold.steps

    @property
    def rank(self) -> tuple[int, int, str, str]:
        """The surest first, then the shortest."""
        return int(self.hold.certainty), self.steps, self.identity.object_id, self.hold.assignment.id


class AttackGraph:
    """The edges of one estate, worked out when they are asked for. Keys are lower-cased ids."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.subscription = estate.id.lower()
        self._impacts = {key: store.impact for key, store in estate.stores.items()}
        self._starts: dict[str, dict[str, tuple[Start, ...]]] = {}
        self._leads: dict[tuple[str, frozenset[str]], tuple[Lead, ...]] = {}
        self._code: dict[str, tuple[str, ...]] = {}
        self._ways: dict[tuple[str, str, frozenset[Condition], bool], Way | None] = {}
        self.grants: dict[str, Grant] = {}
        """Those that some start leads to."""

    def impact(self, target: str) -> int:
        """What losing a target means, 0 to 100."""
        return self._impacts.get(target, SUBSCRIPTION_IMPACT)

    def is_aimed_at(self, lead: Lead, aim: Aim) -> bool:
        """It ends at something of this kind."""
        if aim is Aim.ANYTHING:
            return True
        store = self.estate.stores.get(lead.target)
        if store is None:
            return False
        if aim is Aim.VAULTS:
            return store.kind.type == VAULT
        return store.kind.type != VAULT and lead.kind is not StepKind.LOGS_IN

    @cached_property
    def admitted_subnets(self) -> frozenset[str]:
        """Subnets that some store's network rules name: only these make a difference."""
        return _NOBODY.union(*(one.network.subnets for one in self.estate.stores.values()))

    @cached_property
    def _stores_below(self) -> Mapping[str, list[Store]]:
        found: dict[str, list[Store]] = {}
        for store in self.estate.stores.values():
            for scope in _scopes_over(store.key):
                found.setdefault(scope, []).append(store)
        return found

    @cached_property
    def _workloads_below(self) -> Mapping[str, list[Workload]]:
        found: dict[str, list[Workload]] = {}
        for workload in self.estate.workloads.values():
            for scope in _scopes_over(workload.key):
                found.setdefault(scope, []).append(workload)
        return found

    @cached_property
    def _vaults(self) -> Mapping[str, str]:
        """Name of a vault, unique in Azure -> its key."""
        stores = self.estate.stores
        return {one.name.lower(): key for key, one in stores.items() if one.kind.type == VAULT}

    def starts(self, workload: str) -> Mapping[str, tuple[Start, ...]]:
        """The grants that a workload's identities hold: by grant, the ways to it, the surest first."""
        found = self._starts.get(workload)
        if found is None:
            ways: dict[str, list[Start]] = {}
            for identity in self.estate.workloads[workload].identities:
                for hold in self.estate.grants.of(identity.object_id):
                    self.grants.setdefault(hold.grant.key, hold.grant)
                    ways.setdefault(hold.grant.key, []).append(Start(identity, hold))
            ranked = {key: tuple(sorted(one, key=lambda start: start.rank)) for key, one in ways.items()}
            found = self._starts[workload] = dict(sorted(ranked.items()))
        return found

    def own_leads(self, receiver: str, subnets: frozenset[str]) -> Iterator[Lead]:
        """What a workload leads to without a role, and what a store gives to whoever gets to it."""
        workload = self.estate.workloads.get(receiver)
        if workload is not None:
            yield from self._of_workload(workload, subnets)
        elif receiver in self.estate.stores:
            yield from self._of_store(self.estate.stores[receiver])

    def _of_workload(self, workload: Workload, subnets: frozenset[str]) -> Iterator[Lead]:
        grants, stores = self.estate.grants, self.estate.stores
        if workload.unread is not None:
            words = f"{workload.name} may run as somebody who could not be read"
            yield Lead(self.subscription, Certainty.UNREAD, StepKind.RUNS_AS, words, note=workload.unread)
        for identity in workload.identities:
            if grants.doubt is not None:
                words = f"{identity.label} may hold roles that could not be read"
                yield Lead(
                    self.subscription, Certainty.UNREAD, StepKind.MAY, words, None, grants.doubt, identity
                )
            for policy in grants.policies.get(identity.object_id, ()):
                opening = policy.store.opened(Way(policy.words), subnets)
                if opening is not None:
                    words = f"an access policy of {policy.store.name} lets it {policy.words}"
                    yield Lead(
                        policy.store.key,
                        opening.certainty,
                        StepKind.MAY,
                        words,
                        policy.store.id,
                        opening.note,
                        identity,
                        policy,
                    )
        if workload.kind.type != SITE:
            return
        for reference in vault_references(workload.id, self.estate.resources):
            target = self._vaults.get(reference.vault)
            if target is not None:
                words = f"a setting of {workload.name} holds a secret of {stores[target].name}"
                yield Lead(
                    target, reference.certainty, StepKind.USES_SECRET, words, reference.id, reference.note
                )

    def _of_store(self, store: Store) -> Iterator[Lead]:
        blobs = best_public_blobs(store, self.estate.resources)
        if blobs is not None:
            kind = StepKind.READS_ANONYMOUSLY
            yield Lead(store.key, blobs.certainty, kind, blobs.words, blobs.id, blobs.note)
        if store.kind.type == SQL:
            words = f"whoever has a login of {store.name} may sign in"
            note = "a login is still needed"
            yield Lead(store.key, Certainty.ASSUMED, StepKind.LOGS_IN, words, store.id, note)

    def leads(self, grant: str, subnets: frozenset[str]) -> tuple[Lead, ...]:
        """The targets that a grant opens to somebody in these subnets, in the order of their ids."""
        found = self._leads.get((grant, subnets))
        if found is None:
            found = self._leads[grant, subnets] = tuple(self._opened(self.grants[grant], subnets))
        return found

    def _opened(self, grant: Grant, subnets: frozenset[str]) -> Iterator[Lead]:
        role = grant.role
        if grant.scope == self.subscription:
            control = control_of(role)
            if role.unread is not None:
                words = f"{role.name} may control the subscription"
                yield Lead(self.subscription, Certainty.UNREAD, StepKind.MAY, words, note=role.unread)
            elif control is not None:
                words = f"{role.name} may {control} in the subscription"
                yield Lead(self.subscription, Certainty.READ, StepKind.MAY, words)
        for store in self._stores_below.get(grant.scope, ()):
            yield from self._lead(grant, store, subnets, whole=True)
        part_of = self.estate.stores.get("/".join(grant.scope.split("/")[:9]))
        if part_of is not None and part_of.key != grant.scope:
            yield from self._lead(grant, part_of, subnets, whole=False)

    def _lead(self, grant: Grant, store: Store, subnets: frozenset[str], *, whole: bool) -> Iterator[Lead]:
        role = grant.role
        key = (role.id, store.kind.type, store.conditions, whole)
        if key not in self._ways:
            self._ways[key] = way_of(role, store.kind, store.conditions, whole=whole)
        way = self._ways[key]
        opening = None if way is None else store.opened(way, subnets)
        if opening is not None:
            part = "" if whole else "a part of "
            words = f"{role.name} may {opening.words}: {part}{store.kind.label} {store.name}"
            yield Lead(store.key, opening.certainty, StepKind.MAY, words, store.id, opening.note)

    def code_on(self, grant: str) -> tuple[str, ...]:
        """Workloads that a grant lets somebody run code on, surely, in the order of their ids."""
        found = self._code.get(grant)
        if found is None:
            known = self.grants[grant]
            found = self._code[grant] = tuple(
                one.key for one in self._workloads_below.get(known.scope, ()) if self._runs_code(known, one)
            )
        return found

    def _runs_code(self, grant: Grant, workload: Workload) -> bool:
        key = (grant.role.id, workload.kind.type, _CODE, True)
        if key not in self._ways:
            allowed = workload.kind.runs_code_of(grant.role)
            self._ways[key] = Way("run code on it", False) if allowed else None
        return self._ways[key] is not None


_CODE: Final[frozenset[Condition]] = frozenset()


def _scopes_over(key: str) -> Iterator[str]:
    """The subscription, the resource group and the resource itself: scopes that cover a resource."""
    parts = key.split("/")
    yield "/".join(parts[:3])
    if len(parts) > 5 and parts[3] == "resourcegroups":
        yield "/".join(parts[:5])
    if len(parts) > 9:
        yield "/".join(parts[:9])
    yield key
