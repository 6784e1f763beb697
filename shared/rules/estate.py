"""What estate rules look at: the resources of a subscription and its joined network, together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final

from shared.domain.attack_path import AttackPath
from shared.domain.exposure import Exposure
from shared.exposure.network import NETWORK_TYPES, SubscriptionNetwork
from shared.rules.access.entries import Entry, entries_of
from shared.rules.access.grants import Grants, grants_of
from shared.rules.access.public_blobs import ACCOUNT_PATHS, CONTAINER, CONTAINER_PATHS
from shared.rules.access.roles import ROLE_PATHS
from shared.rules.access.store_kinds import KINDS, STORAGE
from shared.rules.access.stores import STORE_PATHS, Store, stores_of
from shared.rules.access.vault_references import REFERENCE, REFERENCE_PATHS
from shared.rules.access.workloads import WORKLOAD_PATHS, Workload, workloads_of
from shared.rules.columns import Fact
from shared.rules.packs.rbac._assignments import ASSIGNMENT_PATHS, ASSIGNMENTS
from shared.rules.packs.rbac._definitions import DEFINITIONS
from shared.rules.packs.rbac._principals import KIND, PRINCIPAL_PATHS, PRINCIPALS
from shared.rules.resources import SubscriptionResources

ACCESS_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    ASSIGNMENTS: ASSIGNMENT_PATHS,
    DEFINITIONS: ROLE_PATHS,
    PRINCIPALS: PRINCIPAL_PATHS,
}
"""Who may do what."""
ACCESS_FACTS: Final[tuple[Fact, ...]] = (KIND,)

ESTATE_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    **ACCESS_COLUMNS,
    **WORKLOAD_PATHS,
    **dict.fromkeys(KINDS, STORE_PATHS),
    STORAGE: (*STORE_PATHS, *ACCOUNT_PATHS),
    CONTAINER: CONTAINER_PATHS,
    REFERENCE: REFERENCE_PATHS,
}
"""Everything that paths through an estate are made of, beside its network: paths by type."""
PATH_RULE: Final = "path.internet.data_store"
"""The rule that runs wherever attack paths are looked for."""
ESTATE_TYPES: Final[tuple[str, ...]] = tuple(dict.fromkeys((*NETWORK_TYPES, *ESTATE_COLUMNS)))


class Aim(StrEnum):
    """What paths may end at."""

    ANYTHING = "anything"
    DATA = "data"
    """Data stores beside key vaults, where no login is needed any more."""
    VAULTS = "vaults"


@dataclass(frozen=True, slots=True)
class Routes:
    """Where a workload that the internet reaches leads to."""

    path: AttackPath | None = None
    """The worst path of which every step behind the entry was read, or rests on a named assumption."""
    unread: AttackPath | None = None
    """The worst path with a step that could not be read."""
    targets: tuple[str, ...] = ()
    """The worst targets, lower-cased ids."""
    found: int = 0
    """All targets."""


@dataclass
class Estate:
    """One subscription; what is worked out of it is worked out once.

    `routes` is filled in by whoever searches the paths, before the rules are asked.
    """

    resources: SubscriptionResources
    network: SubscriptionNetwork
    exposures: Sequence[Exposure]
    routes: Mapping[tuple[str, Aim], Routes] = field(default_factory=dict)
    """By lower-cased id of a workload that the internet reaches, and what is aimed at."""

    @property
    def id(self) -> str:
        """The subscription's ARM id."""
        return self.resources.id

    @cached_property
    def stores(self) -> Mapping[str, Store]:
        """Data stores by lower-cased id."""
        return {one.key: one for one in stores_of(self.resources, self.network)}

    @cached_property
    def workloads(self) -> Mapping[str, Workload]:
        """Workloads by lower-cased id."""
        return {one.key: one for one in workloads_of(self.resources, self.network)}

    @cached_property
    def entries(self) -> Mapping[str, tuple[Entry, ...]]:
        """Internet entries by the lower-cased id of what they lead to, the surest first."""
        return entries_of(self.resources, self.network, self.exposures)

    @cached_property
    def grants(self) -> Grants:
        """What the identities of workloads may do."""
        return grants_of(self.resources, self._principals(), self.stores.values())

    def _principals(self) -> Iterator[str]:
        for workload in self.workloads.values():
            for identity in workload.identities:
                yield identity.object_id
