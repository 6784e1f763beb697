"""Following references: the ways in to an interface, and what stands before each of its addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Final, NamedTuple

from shared.exposure.addresses import ALL_IPV4, ALL_IPV6, Family
from shared.exposure.arrival import Arrival, Unsettled
from shared.exposure.destinations import Destination
from shared.exposure.firewall_nat import DestinationNat
from shared.exposure.first_match import RuleSet
from shared.exposure.inside import MOST_TOLD_APART, destinations_told_apart
from shared.exposure.interfaces import IpConfiguration, NetworkInterface
from shared.exposure.load_balancer import Forwarding
from shared.exposure.path import UNREAD, StageName, Stages, Unread
from shared.exposure.public_ip import PublicIp, arrive
from shared.exposure.reach import Receiver
from shared.exposure.references import unread_balancers
from shared.exposure.tables import NetworkTables
from shared.exposure.translated_paths import TranslatedPaths

NOTE_FIREWALL_SUBNET: Final = (
    "The firewall's address inside the network is one of its subnet, and rules treat those differently."
)
NOTE_ADDRESS: Final = "The receiver's address is one of its subnet, and rules treat those differently."
NOTE_MODEL: Final = (
    "From the scale set's model: every instance has an address of its own, and instances that were not "
    "upgraded to the model may differ."
)
UNREADABLE_STAGES: Final = Stages(subnet=UNREAD)
"""Stands for the rest where more is told apart than is tried: lets nobody in, so nothing is certain."""


class Entrance(NamedTuple):
    """A way in to one address of an interface, and what stands before it."""

    arrival: Arrival
    receiver: Receiver
    stages: Stages


class Topology:
    """Questions about how the tables of one subscription hang together."""

    def __init__(self, tables: NetworkTables) -> None:
        self._tables = tables

    def entrances(self, interface: NetworkInterface) -> Iterator[Entrance]:
        """Every way in to an interface; none to a private endpoint, which no NSG and no stranger reaches."""
        if interface.private_endpoint:
            return
        for configuration in interface.configurations:
            receiver = None
            for arrival in self._arrivals(configuration):
                receiver = receiver or self.receiver(interface, configuration)
                stages = self.stages(interface, configuration, arrival.closed_without_nsg)
                entrance = Entrance(arrival, receiver, stages)
                unknown = configuration.somewhere and arrival.destination is configuration.destination
                yield self.anywhere_in(configuration.subnet, entrance) if unknown else entrance
            if self._translated is not None:
                yield from self._from_firewalls(interface, configuration, self._translated)

    def _from_firewalls(
        self, interface: NetworkInterface, configuration: IpConfiguration, translated: TranslatedPaths
    ) -> Iterator[Entrance]:
        arrivals = list(translated.arrivals(configuration))
        if arrivals:
            stages = self.stages(interface, configuration, False)
            receiver = self.receiver(interface, configuration)
            for arrival, sources in arrivals:
                (first, *more), complete = translated.seen(stages, sources)
                others = [(other, arrival.destination) for other in more]
                if not complete:
                    others.append((UNREADABLE_STAGES, arrival.destination))
                unsettled = Unsettled(tuple(others), NOTE_FIREWALL_SUBNET) if others else None
                yield Entrance(replace(arrival, unsettled=unsettled), receiver, first)

    def anywhere_in(self, subnet_id: str | None, entrance: Entrance) -> Entrance:
        """The entrance for a receiver whose address is not known, but that it is in this subnet."""
        arrival, stages = entrance.arrival, entrance.stages
        family = arrival.destination.family
        subnet = self._tables.subnets.get(subnet_id or "")
        within = (subnet.span(family) if subnet else ()) or (ALL_IPV4 if family == 4 else ALL_IPV6)
        addresses = destinations_told_apart(stages, within, family)
        first, *more = (replace(arrival.destination, address=one) for one in addresses[:MOST_TOLD_APART])
        others = [(stages, other) for other in more]
        if len(addresses) > MOST_TOLD_APART:
            others.append((UNREADABLE_STAGES, first))
        if arrival.unsettled is not None:
            others += arrival.unsettled.others
        unsettled = Unsettled(tuple(others), NOTE_ADDRESS) if others else None
        return entrance._replace(arrival=replace(arrival, destination=first, unsettled=unsettled))

    def a_destination(self, configuration: IpConfiguration) -> Destination:
        """The address of a configuration; where it is not known, the first of its subnet."""
        destination = configuration.destination
        subnet = self._tables.subnets.get(configuration.subnet or "") if configuration.somewhere else None
        within = subnet.span(destination.family) if subnet else ()
        return replace(destination, address=within[0]) if within else destination

    @cached_property
    def _translated(self) -> TranslatedPaths | None:
        """Paths by destination NAT; None where no firewall was read."""
        return TranslatedPaths(self._tables) if self._tables.firewalls.firewalls else None

    def unmatched_translations(self) -> list[DestinationNat]:
        """NAT rules whose translated address belongs to no interface that was read."""
        return self._translated.unmatched if self._translated is not None else []

    def _arrivals(self, configuration: IpConfiguration) -> Iterator[Arrival]:
        reference = configuration.public_ip
        if reference is not None:
            arrival = arrive(reference, self._public_ip(reference), configuration.destination)
            yield replace(arrival, note=NOTE_MODEL) if configuration.somewhere else arrival
        for forwarding in self._forwardings(configuration):
            yield forwarding.arrive(self._public_ip(forwarding.public_ip), configuration.destination)

    def _public_ip(self, reference: str) -> PublicIp | None:
        return self._tables.public_ips.get(reference.lower())

    def _forwardings(self, configuration: IpConfiguration) -> dict[Forwarding, None]:
        """Load balancer rules that lead to an address, whichever side names the other."""
        tables = self._tables
        found = dict.fromkeys(tables.by_target.get(configuration.id, ()))
        for name in configuration.nat_rules:
            if name in tables.nat_rules:
                found[tables.nat_rules[name]] = None
        pools = [*configuration.pools, *tables.pools_of.get(configuration.id, ())]
        if tables.pools_at:
            subnet = tables.subnets.get(configuration.subnet or "")
            if subnet is not None:
                pools += tables.pools_at.get((subnet.network, configuration.destination.address), ())
        for pool in dict.fromkeys(pools):
            found |= dict.fromkeys(tables.by_pool.get(pool, ()))
        return found

    def stages(
        self, interface: NetworkInterface, configuration: IpConfiguration, closed_without_nsg: bool | None
    ) -> Stages:
        """What stands before one address of an interface."""
        family = configuration.destination.family
        return self.stages_at(configuration.subnet, interface.nsg, family, closed_without_nsg)

    def stages_at(
        self, subnet_id: str | None, nsg: str | None, family: Family, closed_without_nsg: bool | None
    ) -> Stages:
        """What stands before an address of a subnet that has an NSG of its own or none."""
        tables = self._tables
        subnet = tables.subnets.get(subnet_id or "")
        families = tables.default_routes.get(subnet.route_table or "", frozenset()) if subnet else frozenset()
        unread_subnet = subnet_id is not None and subnet is None
        return Stages(
            admin=self._admin_rules(subnet.network) if subnet else None,
            subnet=UNREAD if unread_subnet else self._rules(subnet.nsg if subnet else None),
            nic=self._rules(nsg),
            closed_without_nsg=closed_without_nsg,
            default_route=family in families,
        )

    def _admin_rules(self, network: str) -> RuleSet | Unread | None:
        unread = network in self._tables.unread_admin_rules
        return UNREAD if unread else self._tables.admin_rules.get(network)

    def _rules(self, group: str | None) -> RuleSet | Unread | None:
        if group is None:
            return None
        known = self._tables.groups.get(group)
        return UNREAD if known is None else known.rules

    def receiver(self, interface: NetworkInterface, configuration: IpConfiguration) -> Receiver:
        """The receiver at one address of an interface, and whose rules each stage holds."""
        stages = self.owners_at(configuration.subnet, interface.nsg)
        state = self._tables.machine_states.get((interface.machine or "").lower())
        return Receiver(interface.id, subscription_of(interface.id), stages, state=state)

    def owners_at(self, subnet_id: str | None, nsg: str | None) -> dict[StageName, str]:
        """Whose rules each stage holds before an address of a subnet, as far as they were read."""
        tables, stages = self._tables, dict[StageName, str]()
        subnet = tables.subnets.get(subnet_id or "")
        if subnet is not None and subnet.network in tables.admin_rules:
            stages[StageName.ADMIN_RULES] = tables.networks.get(subnet.network, subnet.network)
        for stage, group in ((StageName.SUBNET_NSG, subnet and subnet.nsg), (StageName.NIC_NSG, nsg)):
            known = tables.groups.get(group or "")
            if known is not None:
                stages[stage] = known.id
        return stages

    def unread_balancers(self, interface: NetworkInterface) -> list[str]:
        """Keys of load balancers that send packets to an interface and were not read."""
        return unread_balancers(self._tables, interface)

    def groups_on(self, interface: NetworkInterface) -> set[str]:
        """Keys of the NSGs in force on an interface, read or not."""
        names = {interface.nsg} if interface.nsg is not None else set()
        for configuration in interface.configurations:
            subnet = self._tables.subnets.get(configuration.subnet or "")
            if subnet is not None and subnet.nsg is not None:
                names.add(subnet.nsg)
        return names


def subscription_of(resource_id: str) -> str:
    """The lower-cased subscription id of an ARM id that was read before."""
    return resource_id.strip("/").split("/", 2)[1].lower()
