"""Workloads: what runs code in a subscription, as whom it runs, and who may run code on it.

Identities: the `identity` member of a resource, https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/overview;
of a cluster also `properties.identityProfile`, https://learn.microsoft.com/rest/api/aks/managed-clusters/get.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from shared.exposure.network import SubscriptionNetwork
from shared.rules.access.roles import Role
from shared.rules.columns import ColumnError, text_at, value_at
from shared.rules.resources import ResourceColumns, SubscriptionResources

MACHINE: Final = "microsoft.compute/virtualmachines"
SCALE_SET: Final = "microsoft.compute/virtualmachinescalesets"
SITE: Final = "microsoft.web/sites"
SLOT: Final = "microsoft.web/sites/slots"
CLUSTER: Final = "microsoft.containerservice/managedclusters"
CONTAINER_GROUP: Final = "microsoft.containerinstance/containergroups"
IDENTITY: Final = "microsoft.managedidentity/userassignedidentities"

_ASSIGNED: Final = "identity.userAssignedIdentities"
_KUBELET: Final = "properties.identityProfile"
IDENTITY_PATHS: Final = ("identity.type", "identity.principalId", _ASSIGNED)
WORKLOAD_PATHS: Final[Mapping[str, tuple[str, ...]]] = {
    MACHINE: IDENTITY_PATHS,
    SCALE_SET: IDENTITY_PATHS,
    SITE: (*IDENTITY_PATHS, "properties.virtualNetworkSubnetId"),
    SLOT: (*IDENTITY_PATHS, "properties.virtualNetworkSubnetId"),
    CLUSTER: (*IDENTITY_PATHS, _KUBELET),
    CONTAINER_GROUP: (*IDENTITY_PATHS, "properties.ipAddress.type", "properties.ipAddress.ip"),
    IDENTITY: ("properties.principalId",),
}

_C: Final = "Microsoft.Compute/virtualMachines"
_X: Final = "Microsoft.Compute/virtualMachineScaleSets"
_W: Final = "Microsoft.Web/sites"
_K: Final = "Microsoft.ContainerService/managedClusters"


@dataclass(frozen=True, slots=True)
class WorkloadKind:
    """One type of workload, and what lets somebody run code on it."""

    type: str
    label: str
    actions: tuple[str, ...]
    data_actions: tuple[str, ...] = ()

    def runs_code_of(self, role: Role) -> bool:
        """Who has the role on the workload may run code on it."""
        return any(map(role.allows, self.actions)) or any(map(role.allows_data, self.data_actions))


WORKLOADS: Final[Mapping[str, WorkloadKind]] = {
    one.type: one
    for one in (
        WorkloadKind(
            MACHINE,
            "VM",
            (f"{_C}/runCommand/action", f"{_C}/runCommands/write", f"{_C}/extensions/write"),
            (f"{_C}/loginAsAdmin/action",),
        ),
        WorkloadKind(
            SCALE_SET,
            "scale set",
            (f"{_X}/virtualMachines/runCommand/action", f"{_X}/extensions/write"),
        ),
        WorkloadKind(SITE, "app", (f"{_W}/publishxml/action", f"{_W}/extensions/write")),
        WorkloadKind(SLOT, "app slot", (f"{_W}/slots/publishxml/action", f"{_W}/slots/extensions/write")),
        WorkloadKind(
            CLUSTER, "AKS cluster", (f"{_K}/listClusterAdminCredential/action", f"{_K}/runCommand/action")
        ),
        WorkloadKind(
            CONTAINER_GROUP,
            "container group",
            ("Microsoft.ContainerInstance/containerGroups/containers/exec/action",),
        ),
    )
}
"""By lower-cased type."""


@dataclass(frozen=True, slots=True)
class RunsAs:
    """An identity of a workload."""

    object_id: str
    """Lower-cased object id of its service principal."""
    label: str
    fact: str
    """ARM id of the resource that says so: the workload, or the user-assigned identity."""


@dataclass(frozen=True)
class Workload:
    """One workload. `unread` says why there may be identities beside those named."""

    id: str
    kind: WorkloadKind
    identities: tuple[RunsAs, ...]
    subnets: frozenset[str]
    unread: str | None = None

    @cached_property
    def key(self) -> str:
        """The id as it is compared."""
        return self.id.lower()

    @property
    def name(self) -> str:
        """The last part of the id."""
        return self.id.rsplit("/", 1)[-1]


def workloads_of(resources: SubscriptionResources, network: SubscriptionNetwork) -> Iterator[Workload]:
    """Every workload of the subscription, in the order of types and ids; those not understood too."""
    subnets = _subnets_of_machines(network)
    for kind in WORKLOADS.values():
        for one in resources.of(kind.type):
            identities, unread = identities_of(one, resources)
            near = subnets.get(one.key, frozenset()) | _integrated(one)
            yield Workload(one.id, kind, identities, near, unread)
        for identity, reason in resources.failures(kind.type):
            yield Workload(identity, kind, (), subnets.get(identity.lower(), frozenset()), reason)


def identities_of(
    workload: ResourceColumns, resources: SubscriptionResources
) -> tuple[tuple[RunsAs, ...], str | None]:
    """The identities of a workload, and why there may be more."""
    try:
        found = list(_assigned(workload))
        if workload.type == CLUSTER:
            found += _kubelet(workload)
        system = text_at(workload.columns, "identity.principalId")
        declared = (text_at(workload.columns, "identity.type") or "").lower()
    except ColumnError as error:
        return (), f"identities of {workload.name}: {error}"
    done = [] if system is None else [RunsAs(system.lower(), f"identity of {workload.name}", workload.id)]
    lacking = None
    if system is None and "systemassigned" in declared:
        lacking = f"the object id of the identity of {workload.name} was not read"
    for identity, known in found:
        object_id = known or _looked_up(identity, resources)
        if object_id is None:
            lacking = lacking or f"the object id of identity {_name(identity)} was not read"
        else:
            done.append(RunsAs(object_id.lower(), f"identity {_name(identity)}", identity))
    return tuple({one.object_id: one for one in done}.values()), lacking


def _assigned(workload: ResourceColumns) -> Iterator[tuple[str, str | None]]:
    named = value_at(workload.columns, _ASSIGNED)
    if named is None:
        return
    if not isinstance(named, Mapping):
        raise ColumnError(f"{_ASSIGNED}: not an object")
    for identity, one in sorted(named.items()):
        yield str(identity), text_at(one, "principalId") if isinstance(one, Mapping) else None


def _kubelet(workload: ResourceColumns) -> Iterator[tuple[str, str | None]]:
    profile = value_at(workload.columns, _KUBELET)
    if profile is not None and not isinstance(profile, Mapping):
        raise ColumnError(f"{_KUBELET}: not an object")
    for name, one in sorted((profile or {}).items()):
        if isinstance(one, Mapping):
            yield text_at(one, "resourceId") or f"{workload.id}#{name}", text_at(one, "objectId")


def _looked_up(identity: str, resources: SubscriptionResources) -> str | None:
    known = resources.find(IDENTITY, identity)
    try:
        return None if known is None else text_at(known.columns, "properties.principalId")
    except ColumnError:
        return None


def _integrated(workload: ResourceColumns) -> frozenset[str]:
    """The subnet that an app sends from."""
    if workload.type not in (SITE, SLOT):
        return frozenset()
    try:
        subnet = text_at(workload.columns, "properties.virtualNetworkSubnetId")
    except ColumnError:
        return frozenset()
    return frozenset() if subnet is None else frozenset({subnet.lower()})


def _subnets_of_machines(network: SubscriptionNetwork) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for interface in network.tables.interfaces.values():
        if interface.machine is not None:
            near = found.setdefault(interface.machine.lower(), set())
            near.update(_known(one.subnet for one in interface.configurations))
    return {key: frozenset(near) for key, near in found.items()}


def _known(subnets: Iterable[str | None]) -> Iterator[Any]:
    return (one for one in subnets if one is not None)


def _name(resource_id: str) -> str:
    return resource_id.rsplit("/", 1)[-1]
