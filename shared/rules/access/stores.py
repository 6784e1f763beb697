"""The data stores of a subscription: what opens them, and from where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.exposure.network import SubscriptionNetwork
from shared.rules.access.certainty import Certainty
from shared.rules.access.roles import Role
from shared.rules.access.store_kinds import ASSIGN, KINDS, VAULT, Condition, StoreKind
from shared.rules.access.store_networks import NETWORK_PATHS, Reached, StoreNetwork, store_network
from shared.rules.columns import ColumnError, entries_at, value_at
from shared.rules.resources import ResourceColumns, SubscriptionResources

_POLICIES: Final = "properties.accessPolicies"
STORE_PATHS: Final = (
    *NETWORK_PATHS,
    "properties.allowSharedKeyAccess",
    "properties.disableLocalAuth",
    "properties.disableAccessKeyAuthentication",
    "properties.enableRbacAuthorization",
    f"{_POLICIES}[*].objectId",
    f"{_POLICIES}[*].applicationId",
    f"{_POLICIES}[*].permissions.secrets",
    f"{_POLICIES}[*].permissions.keys",
)

_TELLING: Final = re.compile(
    r"tf-?state|terraform|backup|bkup|(^|[-_.]|st)bak|dump|snapshot|archive|secret|credential"
)


def holds_state_or_backups(name: str) -> bool:
    """A name such as `tfstate`, `sql-backups` or `dbdumps`: what is in there opens much else."""
    return _TELLING.search(name.lower()) is not None


@dataclass(frozen=True, slots=True)
class Opening:
    """That somebody may get at what is in a store: how, how sure that is, and the assumption or doubt."""

    words: str
    certainty: Certainty
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """What a role, or the store itself, lets somebody do with it."""

    words: str
    needs_network: bool = True
    """Their packets must get to the store's endpoint: they cannot open it themselves."""
    unread: str | None = None


@dataclass(frozen=True, slots=True)
class VaultPolicy:
    """An access policy: whose, and what it opens in words."""

    object_id: str
    words: str


@dataclass(frozen=True, slots=True)
class Store:
    """One data store; `unread` says why its columns could not be read."""

    id: str
    kind: StoreKind
    impact: int
    network: StoreNetwork
    conditions: frozenset[Condition]
    policies: tuple[VaultPolicy, ...] = ()
    unread: str | None = None

    @property
    def key(self) -> str:
        """The id as it is compared."""
        return self.id.lower()

    @property
    def name(self) -> str:
        """The last part of the id."""
        return self.id.rsplit("/", 1)[-1]

    def opened(self, way: Way, subnets: frozenset[str]) -> Opening | None:
        """What somebody with this way in gets at from these subnets; None: its network keeps them out."""
        if way.unread is not None:
            return Opening(way.words, Certainty.UNREAD, way.unread)
        if not way.needs_network:
            return self._opening(way.words, (Certainty.READ, None))
        reached = self.network.reached_from(subnets)
        return None if reached is None else self._opening(way.words, reached)

    def _opening(self, words: str, reached: Reached) -> Opening:
        if self.unread is not None:
            return Opening(words, Certainty.UNREAD, self.unread)
        return Opening(words, *reached)


def way_of(role: Role, kind: StoreKind, conditions: frozenset[Condition], *, whole: bool) -> Way | None:
    """What a role opens of stores of a kind under these conditions; None: nothing.

    Args:
        whole: the role is held at the store or above it, not only at a part of it.
    """
    if role.unread is not None:
        return Way("do what could not be read", False, role.unread)
    if whole and role.allows(ASSIGN):
        return Way("give itself any role on it", False)
    for access in kind.accesses:
        if (access.condition is None or access.condition in conditions) and access.allowed_by(
            role, whole=whole
        ):
            return Way(access.words, not (whole and role.allows(kind.network)))
    return None


def stores_of(resources: SubscriptionResources, network: SubscriptionNetwork) -> Iterator[Store]:
    """Every data store of the subscription, by type and id; those that were not understood too."""
    for kind in KINDS.values():
        for one in resources.of(kind.type):
            try:
                yield _store(one, kind, store_network(one, network))
            except ColumnError as error:
                yield _unread(one.id, kind, str(error))
        for identity, reason in resources.failures(kind.type):
            yield _unread(identity, kind, reason)


def _store(one: ResourceColumns, kind: StoreKind, network: StoreNetwork) -> Store:
    impact = min(100, kind.impact + 10) if holds_state_or_backups(one.name) else kind.impact
    conditions = set()
    if not _keys_are_off(one.columns):
        conditions.add(Condition.KEYS_WORK)
    policies: tuple[VaultPolicy, ...] = ()
    if kind.type == VAULT:
        if value_at(one.columns, "properties.enableRbacAuthorization") is True:
            conditions.add(Condition.ROLES_DECIDE)
        else:
            conditions.add(Condition.POLICIES_DECIDE)
            policies = tuple(_policies(one.columns))
    return Store(one.id, kind, impact, network, frozenset(conditions), policies)


def _unread(identity: str, kind: StoreKind, reason: str) -> Store:
    network = StoreNetwork((Certainty.UNREAD, reason))
    return Store(identity, kind, kind.impact, network, frozenset(Condition), unread=reason)


def _keys_are_off(columns: Mapping[str, Any]) -> bool:
    return (
        value_at(columns, "properties.allowSharedKeyAccess") is False
        or value_at(columns, "properties.disableLocalAuth") is True
        or value_at(columns, "properties.disableAccessKeyAuthentication") is True
    )


def _policies(columns: Mapping[str, Any]) -> Iterator[VaultPolicy]:
    """Those that open something by themselves: with an application id, a user must be signed in beside it."""
    for one in entries_at(columns, _POLICIES):
        owner = value_at(one, "objectId")
        if not isinstance(owner, str) or value_at(one, "applicationId"):
            continue
        secrets, keys = (_permissions(one, name) for name in ("secrets", "keys"))
        if secrets & {"get", "all"}:
            yield VaultPolicy(owner.lower(), "read its secrets")
        elif keys & {"decrypt", "unwrapkey", "all"}:
            yield VaultPolicy(owner.lower(), "decrypt with its keys")


def _permissions(policy: Mapping[str, Any], name: str) -> set[str]:
    found = value_at(policy, f"permissions.{name}")
    if found is not None and not (isinstance(found, list) and all(isinstance(one, str) for one in found)):
        raise ColumnError(f"{_POLICIES}: permissions.{name} is not a list of text")
    return {one.lower() for one in found or ()}
