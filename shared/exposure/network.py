"""The joined network of one subscription: entry points, the stages behind them, and what gets through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any

from shared.domain.coverage import ReadFailure
from shared.domain.exposure import Exposure, Protocol, Verdict
from shared.exposure.addresses import Family
from shared.exposure.admission import Admission, admissions, may_open, names_ipv6, open_to_internet
from shared.exposure.arrival import EVERY_PROTOCOL
from shared.exposure.destinations import Destination
from shared.exposure.doubts import agreed, through
from shared.exposure.first_match import RuleSet
from shared.exposure.gateway_paths import gateway_entrances
from shared.exposure.interfaces import IpConfiguration
from shared.exposure.intervals import Intervals
from shared.exposure.path import Judgement, StageName, Stages, certainly_open, judge
from shared.exposure.projection import NETWORK_TYPES, PLATFORM_TYPES, UNEVALUATED_ENTRY_TYPES, project
from shared.exposure.reach import Reach, Receiver, merged_rows
from shared.exposure.references import unresolved
from shared.exposure.tables import NetworkTables, SecurityGroup
from shared.exposure.topology import Entrance, Topology, subscription_of
from shared.exposure.translated_paths import reaches_of_nobody

__all__ = [
    "NETWORK_TYPES",
    "PLATFORM_TYPES",
    "UNEVALUATED_ENTRY_TYPES",
    "Attachment",
    "SubscriptionNetwork",
    "project",
]


@dataclass(slots=True)
class Attachment:
    """Where an NSG stands."""

    interfaces: list[str] = field(default_factory=list)
    """Lower-cased ids of the interfaces it protects, by itself or through their subnet."""
    unread: list[str] = field(default_factory=list)
    """What was not read: interfaces and subnets that the NSG names, load balancers before its interfaces."""
    subnets: int = 0

    @property
    def attached(self) -> bool:
        """Whether it is in force anywhere."""
        return bool(self.interfaces or self.unread or self.subnets)


class SubscriptionNetwork:
    """Everything about one subscription's network that decides who reaches what. Keys are lower-cased ids."""

    def __init__(self, tables: NetworkTables, unreadable: tuple[ReadFailure, ...]) -> None:
        self.tables = tables
        self.topology = Topology(tables)
        self.unreadable = unreadable
        """Resources of the network that were met but could not be understood."""
        self.unresolved = unresolved(tables, unreadable)
        """Resources that others refer to and that were not read (denied, or of another subscription)."""
        self._judgements: dict[tuple[object, ...], tuple[Judgement, ...]] = {}
        self._open: dict[tuple[object, ...], Mapping[Protocol, Judgement]] = {}
        self._admissions: dict[tuple[RuleSet, tuple[Family, ...]], tuple[Admission, ...]] = {}
        self._admissions_of: dict[str, tuple[Admission, ...]] = {}

    @classmethod
    def build(
        cls, projections: Iterable[Mapping[str, Any]], unreadable: Iterable[ReadFailure] = ()
    ) -> SubscriptionNetwork:
        """Join the projections of one subscription.

        Args:
            projections: what `project` gave for its resources, and `project_admin_rules` for its networks.
            unreadable: resources of the network whose projection failed, and lists below them that could
                not be read.

        Raises:
            ValueError: a projection is of no known kind.
        """
        tables, failures = NetworkTables.read(projections), tuple(unreadable)
        tables.leave_unread(failures)
        return cls(tables, failures)

    def exposures(self) -> Iterator[Exposure]:
        """The subscription's rows of the exposure table, in the order of the receivers' ids."""
        for key in sorted(self.tables.interfaces):
            reaches = self.reaches_of.get(key)
            if reaches is None:
                yield from (reach.exposure() for reach in self._latent(key))
            else:
                yield from merged_rows(reaches)
        yield from merged_rows(self._beside_interfaces())
        for key, group in self.groups:
            if not self.attachment(key).attached:
                yield from (reach.exposure() for reach in self._unattached(key, group))

    @cached_property
    def reaches_of(self) -> dict[str, tuple[Reach, ...]]:
        """What gets through to every interface that has an entry point, none when nothing does."""
        found: dict[str, tuple[Reach, ...]] = {}
        for key, interface in self.tables.interfaces.items():
            entrances = list(self.topology.entrances(interface))
            if entrances:
                found[key] = tuple(reach for entrance in entrances for reach in self._reaches(entrance))
        return found

    def _reaches(self, entrance: Entrance) -> Iterator[Reach]:
        arrival = entrance.arrival
        entering = arrival.translation.backend()
        for protocol in arrival.protocols:
            found: Sequence[Judgement] = self._judge(entrance.stages, arrival.destination, protocol, entering)
            if arrival.unsettled is not None:
                others = (self._judge(*other, protocol, entering) for other in arrival.unsettled.others)
                found = agreed([found, *others], arrival.unsettled.why)
            if arrival.door is not None:
                found = through(arrival.door, found, arrival.destination.family)
            for judgement in found:
                yield Reach(entrance.receiver, arrival, protocol, judgement, judgement.verdict)

    def _beside_interfaces(self) -> Iterator[Reach]:
        """What gets through to gateways and platform services, and behind NAT rules of no known receiver."""
        for _, gateway in sorted(self.tables.gateways.items()):
            for entrance in gateway_entrances(self.topology, gateway, self.tables.public_ips):
                yield from self._reaches(entrance)
        for _, service in sorted(self.tables.services.items()):
            yield from service.reaches()
        for translation in self.topology.unmatched_translations():
            yield from reaches_of_nobody(translation)

    @cached_property
    def reaches_through(self) -> dict[str, tuple[Reach, ...]]:
        """By NSG: what gets through to some receiver with this NSG on its path."""
        found: dict[str, list[Reach]] = {}
        for reaches in self.reaches_of.values():
            for reach in reaches:
                if not _speaks_of_strangers(reach):
                    continue
                for name in {name.lower() for name in reach.receiver.stages.values()}:
                    found.setdefault(name, []).append(reach)
        return {name: tuple(reaches) for name, reaches in found.items()}

    @cached_property
    def groups(self) -> tuple[tuple[str, SecurityGroup], ...]:
        """Every NSG that was read and its key, in the order of the keys."""
        return tuple(sorted(self.tables.groups.items(), key=itemgetter(0)))

    @cached_property
    def _attachments(self) -> dict[str, Attachment]:
        tables = self.tables
        found = {key: Attachment() for key in tables.groups}
        for key, interface in tables.interfaces.items():
            unread = self.topology.unread_balancers(interface)
            for name in self.topology.groups_on(interface):
                if name in found:
                    found[name].interfaces.append(key)
                    found[name].unread += unread
        for subnet in tables.subnets.values():
            if subnet.nsg in found:
                found[subnet.nsg].subnets += 1
        for key, group in tables.groups.items():
            found[key].unread += [name for name in group.subnets if name not in tables.subnets]
            found[key].unread += [name for name in group.interfaces if not tables.has_interface(name)]
        return found

    def attachment(self, group: str) -> Attachment:
        """Where the NSG with this key stands."""
        return self._attachments[group]

    def admissions(self, key: str) -> tuple[Admission, ...]:
        """What the NSG with this key lets in when judged by itself; computed once for equal rules.

        Nothing on ports where its rules can add up neither to the internet nor to every Azure customer. IPv6
        counts where a rule names it, or where the NSG stands before a receiver that may have it.
        """
        known = self._admissions_of.get(key)
        if known is None:
            known = self._admissions_of[key] = self._admitted(key)
        return known

    def _admitted(self, key: str) -> tuple[Admission, ...]:
        rules = self.tables.groups[key].rules
        if not may_open(rules):
            return ()
        families: tuple[Family, ...] = (4, 6) if names_ipv6(rules) or self._may_meet_ipv6(key) else (4,)
        found = self._admissions.get((rules, families))
        if found is None:
            found = self._admissions[rules, families] = admissions(rules, families, wide_only=True)
        return found

    def _may_meet_ipv6(self, key: str) -> bool:
        attachment, interfaces = self.attachment(key), self.tables.interfaces
        return bool(attachment.unread) or any(
            configuration.destination.family == 6
            for name in attachment.interfaces
            for configuration in interfaces[name].configurations
        )

    def subject_of(self, interface: str) -> str:
        """Whom a finding about the interface with this key is about: its virtual machine, else itself."""
        known = self.tables.interfaces[interface]
        return known.machine or known.id

    def _latent(self, key: str) -> Iterator[Reach]:
        """What a Standard public address would open on an interface that has no entry point."""
        interface = self.tables.interfaces[key]
        if interface.private_endpoint:
            return
        opened: dict[Protocol, tuple[IpConfiguration, Judgement]] = {}
        for configuration in interface.configurations:
            stages = self.topology.stages(interface, configuration, True)
            destination = self.topology.a_destination(configuration)
            for protocol, judgement in self._open_if_public(stages, destination).items():
                opened.setdefault(protocol, (configuration, judgement))
        for protocol, (configuration, judgement) in opened.items():
            receiver = self.topology.receiver(interface, configuration)
            yield Reach(receiver, None, protocol, judgement, Verdict.LATENT)

    def _unattached(self, key: str, group: SecurityGroup) -> Iterator[Reach]:
        receiver = Receiver(
            group.id, subscription_of(group.id), {StageName.LONE_NSG: group.id}, stage=StageName.LONE_NSG
        )
        for protocol, judgement in open_to_internet(self.admissions(key)).items():
            yield Reach(receiver, None, protocol, judgement, Verdict.UNATTACHED)

    def _judge(
        self, stages: Stages, destination: Destination, protocol: Protocol, entering: Intervals
    ) -> Sequence[Judgement]:
        """`judge`, computed once for everything it depends on."""
        key = (*_depends_on(stages, destination), protocol, entering)
        found = self._judgements.get(key)
        if found is None:
            found = self._judgements[key] = judge(stages, destination, protocol, entering)
        return found

    def _open_if_public(self, stages: Stages, destination: Destination) -> Mapping[Protocol, Judgement]:
        """What the internet would reach if the address had a Standard public one, computed once."""
        if stages.admin is None and not stages.nsgs():
            return {}
        key = _depends_on(stages, destination)
        found = self._open.get(key)
        if found is None:
            judged = (
                (protocol, certainly_open(stages, destination, protocol)) for protocol in EVERY_PROTOCOL
            )
            found = self._open[key] = {protocol: one for protocol, one in judged if one is not None}
        return found


def _speaks_of_strangers(reach: Reach) -> bool:
    """Whether rules on the path can be blamed: behind a firewall they judge its address, not a stranger's."""
    behind_door = reach.arrival is not None and reach.arrival.door is not None
    return not behind_door or reach.verdict is Verdict.EXPOSED


def _depends_on(stages: Stages, destination: Destination) -> tuple[object, ...]:
    """Everything that a judgement of `destination` behind `stages` depends on."""
    seen = (
        rules.signature(destination) if isinstance(rules, RuleSet) else None
        for rules in (stages.admin, stages.subnet, stages.nic)
    )
    return (stages, *seen, destination.family, destination.in_virtual_network)
