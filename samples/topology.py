"""The network of an estate as a packet meets it: public endpoints and the NSGs on the way to each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from samples import truth
from samples.admissions import strongest_reach
from samples.arm import Resource
from samples.network import NIC, NSG, PUBLIC_IP, VIRTUAL_NETWORK
from samples.sensitive_ports import SENSITIVE, SensitivePorts
from samples.shapes import RULE_IDS, Group


@dataclass(frozen=True)
class Endpoint:
    """A NIC ipConfiguration with a public IP, and the NSGs a packet meets on its way there, subnet first."""

    nic: Resource
    configuration: Resource
    public_ip: Resource
    nsgs: tuple[Resource, ...]

    @cached_property
    def receiver(self) -> truth.Destination:
        """The destination as the NSGs see it."""
        properties = self.configuration["properties"]
        asgs = properties.get("applicationSecurityGroups") or ()
        return truth.destination(properties["privateIPAddress"], (asg["id"] for asg in asgs))

    @cached_property
    def arrivals(self) -> Mapping[tuple[truth.Protocol, int], truth.Reach]:
        """Who reaches which sampled port. Without an NSG a Standard address is closed, a Basic one open."""
        if not self.nsgs and self.public_ip["sku"]["name"] != "Basic":
            return {}
        stages = [truth.inbound_rules(nsg) for nsg in self.nsgs]
        found = {}
        for key, packets in truth.deliveries(stages, self.receiver).items():
            reach = truth.reach_of(packets)
            if reach is not None:
                found[key] = reach
        return found

    def reach(self, group: Group) -> truth.Reach | None:
        """The widest class of strangers that reach some port of the group."""
        return self._reach_of(SENSITIVE[RULE_IDS[group]])

    @property
    def groups(self) -> dict[str, truth.Reach]:
        """The widest class of strangers that reach each port group, by its rule id, if any do."""
        reaches = {rule_id: self._reach_of(ports) for rule_id, ports in SENSITIVE.items()}
        return {rule_id: reach for rule_id, reach in reaches.items() if reach is not None}

    def _reach_of(self, ports: SensitivePorts) -> truth.Reach | None:
        if ports.every:
            return strongest_reach(map(self._throughout, truth.PROTOCOLS))
        tcp = (self.arrivals.get(("tcp", port)) for port in ports.tcp)
        return strongest_reach([*tcp, *(self.arrivals.get(("udp", port)) for port in ports.udp)])

    def _throughout(self, protocol: truth.Protocol) -> truth.Reach | None:
        """The class of those who reach every sampled port; all of Azure is part of the internet."""
        reaches = {self.arrivals.get((protocol, port)) for port in truth.SAMPLED_PORTS}
        if None in reaches:
            return None
        return strongest_reach(reaches - {"internet"}) or "internet"


class Topology:
    """The network of an estate, or of a self-contained part of one, read from the raw resources."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        """Index `resources`; references are followed case-insensitively, as ARM compares ids."""
        self.nsgs: dict[str, Resource] = {}
        nics: list[Resource] = []
        addresses: dict[str, Resource] = {}
        subnet_nsgs: dict[str, str] = {}
        for resource in resources:
            kind = resource["type"]
            if kind == NSG:
                self.nsgs[resource["id"].lower()] = resource
            elif kind == NIC:
                nics.append(resource)
            elif kind == PUBLIC_IP:
                addresses[resource["id"].lower()] = resource
            elif kind == VIRTUAL_NETWORK:
                for subnet in resource["properties"]["subnets"]:
                    reference = subnet["properties"].get("networkSecurityGroup")
                    if reference:
                        subnet_nsgs[subnet["id"].lower()] = reference["id"].lower()
        self.endpoints = [
            Endpoint(
                nic,
                configuration,
                addresses[reference["id"].lower()],
                self._stages(nic, configuration, subnet_nsgs),
            )
            for nic in nics
            for configuration in nic["properties"]["ipConfigurations"]
            if (reference := configuration["properties"].get("publicIPAddress"))
        ]

    def _stages(
        self, nic: Resource, configuration: Resource, subnets: Mapping[str, str]
    ) -> tuple[Resource, ...]:
        on_subnet = subnets.get(configuration["properties"]["subnet"]["id"].lower())
        on_nic = (nic["properties"].get("networkSecurityGroup") or {}).get("id")
        ids = [on_subnet, on_nic.lower() if on_nic else None]
        return tuple(self.nsgs[nsg_id] for nsg_id in ids if nsg_id)

    def endpoints_behind(self, nsg: Resource) -> list[Endpoint]:
        """The public endpoints whose packets meet this NSG."""
        return [endpoint for endpoint in self.endpoints if any(met is nsg for met in endpoint.nsgs)]
