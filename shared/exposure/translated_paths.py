"""Paths by destination NAT of Azure Firewall: which interface has the address, and what its filters see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from shared.domain.exposure import Verdict
from shared.domain.resource import parse_arm_id
from shared.exposure.addresses import Family
from shared.exposure.arrival import Arrival
from shared.exposure.destinations import Destination
from shared.exposure.firewall_nat import DestinationNat
from shared.exposure.first_match import RuleSet
from shared.exposure.inside import MOST_TOLD_APART, PRIVATE_IPV4, seen_from, sources_told_apart
from shared.exposure.interfaces import IpConfiguration
from shared.exposure.intervals import Intervals, ranges
from shared.exposure.path import Piece, Stages, Unread, by_class
from shared.exposure.reach import Reach, Receiver
from shared.exposure.references import owning_resource
from shared.exposure.sources import SourceSet
from shared.exposure.tables import NetworkTables

NOTE_NOBODY: Final = (
    "No network interface with the translated address was read; what receives the packets is not known."
)
NOTE_UNRELATED: Final = (
    "The receiver's network is not known to be the firewall's or peered with it: the address may be "
    "another's."
)

_Address = tuple[Family, int]


class TranslatedPaths:
    """NAT rules of one subscription's firewalls by the interface they lead to."""

    def __init__(self, tables: NetworkTables) -> None:
        self._tables = tables
        self._by_target: dict[_Address, list[DestinationNat]] = {}
        self.unmatched: list[DestinationNat] = []
        """Those that lead to no interface that was read."""
        self._seen: dict[tuple[RuleSet, int], RuleSet] = {}
        for nat in tables.firewalls.translations(tables.public_ips):
            if nat.target is None or nat.target[0] == 6:
                # A stranger's IPv4 address cannot be compared with what stands before an IPv6 receiver.
                self.unmatched.append(nat)
            else:
                self._by_target.setdefault(nat.target, []).append(nat)
        self._networks = self._networks_with_targets()
        for target, several in self._by_target.items():
            if target not in self._networks:
                self.unmatched += several

    def _networks_with_targets(self) -> dict[_Address, set[str]]:
        """Where the translated addresses are: lower-cased ids of virtual networks."""
        found: dict[_Address, set[str]] = {}
        for interface in self._tables.interfaces.values():
            if interface.private_endpoint:
                continue
            for configuration in interface.configurations:
                target = _address(configuration)
                if target in self._by_target and not configuration.somewhere:
                    found.setdefault(target, set()).add(_network(configuration.subnet))
        return found

    def arrivals(self, configuration: IpConfiguration) -> Iterator[tuple[Arrival, Intervals]]:
        """The NAT rules that lead to an address, and where the firewall's own address can be."""
        target = _address(configuration)
        if configuration.somewhere:
            return
        for nat in self._by_target.get(target, ()):
            doubt = None
            if not self._related(nat, _network(configuration.subnet)):
                if any(self._related(nat, network) for network in self._networks[target]):
                    continue
                doubt = NOTE_UNRELATED
            subnet = self._tables.subnets.get(nat.firewall.subnet or "")
            yield (
                nat.arrive(configuration.destination, doubt),
                (subnet.span(4) if subnet else ()) or PRIVATE_IPV4,
            )

    def _related(self, nat: DestinationNat, network: str) -> bool:
        if nat.firewall.subnet is None:
            return False
        own, peers = _network(nat.firewall.subnet), self._tables.peers
        return own == network or network in peers.get(own, ()) or own in peers.get(network, ())

    def seen(self, stages: Stages, sources: Intervals) -> tuple[list[Stages], bool]:
        """The stages as packets from each address that they tell apart meet them, and whether that is all."""
        addresses = sources_told_apart(stages, sources)
        found = [
            replace(
                stages,
                admin=self._of(stages.admin, address),
                subnet=self._of(stages.subnet, address),
                nic=self._of(stages.nic, address),
                default_route=False,
            )
            for address in addresses[:MOST_TOLD_APART]
        ]
        return found, len(addresses) <= MOST_TOLD_APART

    def _of(self, rules: RuleSet | Unread | None, address: int) -> RuleSet | Unread | None:
        if not isinstance(rules, RuleSet):
            return rules
        found = self._seen.get((rules, address))
        if found is None:
            found = self._seen[rules, address] = seen_from(rules, address)
        return found


def reaches_of_nobody(nat: DestinationNat) -> Iterator[Reach]:
    """What gets to a NAT rule behind which no receiver is known: at the firewall, and unverified."""
    firewall = nat.firewall
    subscription = parse_arm_id(firewall.id).subscription_id.lower()
    receiver = Receiver(firewall.id, subscription, {}, stage="azure_firewall", behind=None)
    arrival = nat.arrive(Destination(4, 0), None)
    admitted = SourceSet(nat.door.admitted.addresses, nat.door.admitted.tags)
    backend = ranges(nat.translation.backend())
    pieces = [Piece(low, high, admitted, ()) for low, high in backend]
    for protocol in nat.protocols:
        for judgement in by_class(Verdict.UNVERIFIED, pieces, 4, NOTE_NOBODY):
            yield Reach(receiver, arrival, protocol, judgement, judgement.verdict)


def _address(configuration: IpConfiguration) -> _Address:
    return configuration.destination.family, configuration.destination.address


def _network(subnet: str | None) -> str:
    return owning_resource(subnet) if subnet else ""
