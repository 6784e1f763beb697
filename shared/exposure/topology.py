"""Following references: the ways in to an interface, and what stands before each of its addresses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from shared.domain.resource import parse_arm_id
from shared.exposure.arrival import Arrival
from shared.exposure.first_match import RuleSet
from shared.exposure.interfaces import IpConfiguration, NetworkInterface
from shared.exposure.load_balancer import Forwarding
from shared.exposure.path import UNREAD, StageName, Stages, Unread
from shared.exposure.public_ip import PublicIp, arrive
from shared.exposure.reach import Receiver
from shared.exposure.references import unread_balancers
from shared.exposure.tables import NetworkTables


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
                yield Entrance(arrival, receiver, stages)

    def _arrivals(self, configuration: IpConfiguration) -> Iterator[Arrival]:
        reference = configuration.public_ip
        if reference is not None:
            yield arrive(reference, self._public_ip(reference), configuration.destination)
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
        tables = self._tables
        subnet = tables.subnets.get(configuration.subnet or "")
        families = tables.default_routes.get(subnet.route_table or "", frozenset()) if subnet else frozenset()
        unread_subnet = configuration.subnet is not None and subnet is None
        return Stages(
            admin=tables.admin_rules.get(subnet.network) if subnet else None,
            subnet=UNREAD if unread_subnet else self._rules(subnet.nsg if subnet else None),
            nic=self._rules(interface.nsg),
            closed_without_nsg=closed_without_nsg,
            default_route=configuration.destination.family in families,
        )

    def _rules(self, group: str | None) -> RuleSet | Unread | None:
        if group is None:
            return None
        known = self._tables.groups.get(group)
        return UNREAD if known is None else known.rules

    def receiver(self, interface: NetworkInterface, configuration: IpConfiguration) -> Receiver:
        """The receiver at one address of an interface, and whose rules each stage holds."""
        tables, stages = self._tables, dict[StageName, str]()
        subnet = tables.subnets.get(configuration.subnet or "")
        if subnet is not None and subnet.network in tables.admin_rules:
            stages[StageName.ADMIN_RULES] = tables.networks.get(subnet.network, subnet.network)
        for stage, group in (
            (StageName.SUBNET_NSG, subnet and subnet.nsg),
            (StageName.NIC_NSG, interface.nsg),
        ):
            known = tables.groups.get(group or "")
            if known is not None:
                stages[stage] = known.id
        return Receiver(interface.id, subscription_of(interface.id), stages)

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
    """The lower-cased subscription id of an ARM id."""
    return parse_arm_id(resource_id).subscription_id.lower()
