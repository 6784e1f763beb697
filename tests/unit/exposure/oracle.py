"""A brute-force evaluator of the exposure specification: one packet at a time, rule by rule.

It shares no code with the engine. Packets are taken from every run of addresses and ports that the rules tell
apart. Rules whose match Azure leaves open are tried both ways, in every combination.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import pairwise, product
from typing import Any

PRIVATE = [
    ip_network("0.0.0.0/8"),
    ip_network("10.0.0.0/8"),
    ip_network("100.64.0.0/10"),
    ip_network("127.0.0.0/8"),
    ip_network("169.254.0.0/16"),
    ip_network("172.16.0.0/12"),
    ip_network("192.168.0.0/16"),
    ip_network("224.0.0.0/4"),
    ip_network("240.0.0.0/4"),
    ip_network("168.63.129.16/32"),
]
IPV6_PUBLIC = ip_network("2000::/3")
TAGS = ("azurecloud", "azurecloud.westeurope", "storage")
DEFAULTS = [
    {"priority": 65000, "access": "Allow", "sources": ["VirtualNetwork"], "destinations": ["VirtualNetwork"]},
    {"priority": 65001, "access": "Allow", "sources": ["AzureLoadBalancer"], "destinations": ["*"]},
    {"priority": 65500, "access": "Deny", "sources": ["*"], "destinations": ["*"]},
]


@dataclass(frozen=True)
class Rule:
    """A rule in plain words; `ports` are inclusive pairs."""

    priority: int
    access: str
    protocol: str
    ports: tuple[tuple[int, int], ...]
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Receiver:
    address: str
    groups: frozenset[str] = frozenset()

    @property
    def version(self) -> int:
        return ip_address(self.address).version


@dataclass
class Network:
    """The stages before one receiver; None: there is no such stage."""

    receiver: Receiver
    subnet: list[Rule] | None
    nic: list[Rule] | None
    admin: list[Rule] | None
    basic: bool
    default_route: bool


def with_defaults(rules: Sequence[Rule]) -> list[Rule]:
    both = [*rules, *(_default(one) for one in DEFAULTS)]
    return sorted(both, key=lambda rule: (rule.priority, rule.access == "deny"))


def _default(one: Mapping[str, Any]) -> Rule:
    return Rule(
        one["priority"],
        one["access"].lower(),
        "*",
        ((0, 65535),),
        tuple(one["sources"]),
        tuple(one["destinations"]),
    )


@cache
def span(text: str) -> tuple[int, int, int] | None:
    """Version, first and last address of a prefix or a range; None for anything else."""
    if "-" in text:
        first, last = (ip_address(part) for part in text.split("-"))
        return first.version, int(first), int(last)
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    return network.version, int(network[0]), int(network[-1])


@cache
def is_public(version: int, number: int) -> bool:
    if version == 6:
        return IPv6Address(number) in IPV6_PUBLIC
    return not any(IPv4Address(number) in network for network in PRIVATE)


@dataclass(frozen=True)
class Packet:
    protocol: str
    port: int
    version: int
    source: int
    tag: str | None = None
    """A service tag that the source address belongs to."""


def source_match(text: str, packet: Packet, vnet_is_all: bool) -> str:
    """`yes`, `no` or `maybe`."""
    lowered = text.lower()
    if lowered in ("*", "any", "internet"):
        return "yes"
    if lowered == "virtualnetwork":
        return "yes" if vnet_is_all else "no"
    found = span(text)
    if found is None:
        of_tag = packet.tag is not None and (packet.tag == lowered or packet.tag.startswith(lowered + "."))
        return "yes" if of_tag else "no"
    version, low, high = found
    if version == packet.version:
        return "yes" if low <= packet.source <= high else "no"
    return "maybe" if (version, low, high) == (4, 0, 2**32 - 1) else "no"


def destination_match(rule: Rule, receiver: Receiver) -> str:
    if rule.groups & receiver.groups:
        return "yes"
    number, best = int(ip_address(receiver.address)), "no"
    for text in rule.destinations:
        if text.lower() in ("*", "any", "virtualnetwork"):
            return "yes"
        found = span(text)
        if found is None:
            continue
        version, low, high = found
        if version == receiver.version and low <= number <= high:
            return "yes"
        if version != receiver.version and (version, low, high) == (4, 0, 2**32 - 1):
            best = "maybe"
    return best


def names_every_port(rule: Rule) -> bool:
    return all(any(low <= port <= high for low, high in rule.ports) for port in _port_samples(rule))


def _port_samples(rule: Rule) -> set[int]:
    """Ports of which one is missing if any is."""
    return {0, 65535, *(min(high + 1, 65535) for _, high in rule.ports)}


def rule_match(rule: Rule, packet: Packet, receiver: Receiver, vnet_is_all: bool) -> str:
    beside = beside_source(rule, packet.protocol, packet.port, receiver)
    if beside == "no":
        return "no"
    answers = {source_match(text, packet, vnet_is_all) for text in rule.sources}
    source = "yes" if "yes" in answers else "maybe" if "maybe" in answers else "no"
    return "no" if source == "no" else "maybe" if "maybe" in (source, beside) else "yes"


def beside_source(rule: Rule, protocol: str, port: int, receiver: Receiver) -> str:
    """How a rule matches in protocol, port and destination."""
    if rule.protocol not in ("*", protocol):
        return "no"
    match = "yes"
    if protocol == "icmp":
        match = "yes" if rule.protocol == "icmp" or names_every_port(rule) else "maybe"
    elif not any(low <= port <= high for low, high in rule.ports):
        return "no"
    parts = {match, destination_match(rule, receiver)}
    return "no" if "no" in parts else "maybe" if "maybe" in parts else "yes"


def decisions(rules: Sequence[Rule], packet: Packet, receiver: Receiver, vnet_is_all: bool) -> set[str]:
    """What the rules may do with a packet, over every way to take their doubtful matches."""
    matches = [(rule, rule_match(rule, packet, receiver, vnet_is_all)) for rule in rules]
    doubtful = [rule for rule, match in matches if match == "maybe"]
    found = set()
    for taken in product((True, False), repeat=len(doubtful)):
        counts = {id(rule): take for rule, take in zip(doubtful, taken, strict=True)}
        for rule, match in matches:
            if match == "yes" or counts.get(id(rule)):
                found.add(rule.access)
                break
        else:
            found.add("none")
    return found


def passes(network: Network, packet: Packet, vnet_is_all: bool) -> tuple[bool, bool]:
    """Whether a packet gets to the receiver: surely, and under some reading."""
    admin = {"none"}
    if network.admin is not None:
        admin = decisions(network.admin, packet, network.receiver, vnet_is_all)
    groups = [rules for rules in (network.subnet, network.nic) if rules is not None]
    sure, may = True, True
    for rules in groups:
        found = decisions(rules, packet, network.receiver, vnet_is_all)
        sure, may = sure and found == {"allow"}, may and "allow" in found
    if not groups:
        sure = may = network.basic
    always = "alwaysallow" in admin
    goes_on = admin & {"allow", "none"}
    surely_here = admin <= {"allow", "none", "alwaysallow"}
    if not groups and not network.basic:
        return False, always  # which of the two wins is not documented
    if always and not goes_on and surely_here:
        return True, True
    return surely_here and sure, always or (bool(goes_on) and may)


def source_runs(network: Network) -> Iterator[tuple[int, int]]:
    """First address and size of every run of public addresses that the rules tell apart."""
    version = network.receiver.version
    bounds = {0, 2**32 if version == 4 else 2**128}
    rules = [*(network.subnet or ()), *(network.nic or ()), *(network.admin or ())]
    for text in {text for rule in rules for text in rule.sources}:
        found = span(text) if text not in ("*", "Any") else None
        if found and found[0] == version:
            bounds |= {found[1], found[2] + 1}
    blocks = PRIVATE if version == 4 else [IPV6_PUBLIC]
    for block in blocks:
        bounds |= {int(block[0]), int(block[-1]) + 1}
    ordered = sorted(bounds)
    for low, high in pairwise(ordered):
        if is_public(version, low):
            yield low, high - low


def about(rules: list[Rule] | None, protocol: str, port: int, receiver: Receiver) -> list[Rule] | None:
    """The rules that can match at all."""
    if rules is None:
        return None
    return [rule for rule in rules if beside_source(rule, protocol, port, receiver) != "no"]


def classes(network: Network, protocol: str, port: int) -> dict[str, str]:
    """Class by verdict for one protocol and port, as the specification reads them."""
    version = network.receiver.version
    runs = list(source_runs(network))
    network = replace(
        network,
        subnet=about(network.subnet, protocol, port, network.receiver),
        nic=about(network.nic, protocol, port, network.receiver),
        admin=about(network.admin, protocol, port, network.receiver),
    )
    found: dict[str, str] = {}
    known = 0
    rank = {"": 0, "tag": 1, "azure": 1, "limited": 2, "internet": 3}
    readings = [("exposed", False, 0), ("unverified", False, 1)]
    if network.default_route:
        readings.append(("possible", True, 1))
    for verdict, vnet_is_all, index in readings:
        hosts = 0
        for low, count in runs:
            if passes(network, Packet(protocol, port, version, low), vnet_is_all)[index]:
                hosts += count
        name = _class(network, protocol, port, runs, (hosts, vnet_is_all, index))
        if rank[name] > known:
            found[verdict], known = name, rank[name]
    return found


def _class(
    network: Network,
    protocol: str,
    port: int,
    runs: Sequence[tuple[int, int]],
    reading: tuple[int, bool, int],
) -> str:
    hosts, vnet_is_all, index = reading
    version = network.receiver.version
    if hosts >= (2**24 if version == 4 else 2**120):
        return "internet"
    if hosts:
        return "limited"
    admitted = {
        tag
        for tag in TAGS
        for low, _ in runs
        if passes(network, Packet(protocol, port, version, low, tag), vnet_is_all)[index]
    }
    if any(tag.startswith("azurecloud") for tag in admitted):
        return "azure"
    return "tag" if admitted else ""
