"""Brute-force judge of network security groups: send sample packets, see which rule decides each.

Nothing here is shared with the product: rules are read from the raw ARM JSON, and a verdict is the outcome of
packets sent one by one, so that the product's set arithmetic can be held against it. The sources of the
sample packets are exact rather than lucky: the address space is cut wherever a prefix named by a rule starts
or ends; inside one piece every rule treats every address alike, so one address stands for the whole piece and
the piece's number of public addresses is its weight.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from samples.arm import Resource
from samples.sensitive_ports import SENSITIVE_PORTS

Reach = Literal["internet", "limited", "azure", "tag"]
Protocol = Literal["tcp", "udp"]

SAMPLED_PORTS: tuple[int, ...] = tuple(sorted({*SENSITIVE_PORTS, 80, 443, 3390, 8080, 8443, 65535}))
"""Destination ports a packet is sent to: those of the port groups, a neighbour, some well-known ones."""

PROTOCOLS: tuple[Protocol, ...] = ("tcp", "udp")

# A set of strangers this large counts as the internet (exposure specification, verdict classes).
INTERNET_SIZE = {4: 2**24, 6: 2**120}

_BITS = {4: 32, 6: 128}

# IPv4 that never arrives from the internet: RFC 1122 (0/8, 127/8), RFC 1918, RFC 6598 (100.64/10),
# RFC 3927 (169.254/16), RFC 5771 (multicast), RFC 1112 (240/4). Documentation prefixes count as public, as
# they do in the exposure specification's examples.
_NOT_PUBLIC_V4 = tuple(
    (int(net.network_address), int(net.broadcast_address))
    for net in map(
        ipaddress.IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4"),
        ),
    )
)
# IPv6 global unicast is 2000::/3 (RFC 4291, IANA allocation).
_PUBLIC_V6 = (0x2 << 124, (0x4 << 124) - 1)

# What a rule without a specific destination faces: a private address no rule names.
ANY_DESTINATION = {4: "10.255.255.250", 6: "fdff:ffff:ffff:ffff::fa"}


class Source(NamedTuple):
    """The sender of a packet; `origin` is the service tag (lower case) it belongs to, None for a stranger."""

    version: int
    address: int
    weight: int
    origin: str | None


class Destination(NamedTuple):
    """The receiver after translation: its private address and the ids (lower case) of its ASGs."""

    version: int
    address: int
    asgs: frozenset[str]


class Rule(NamedTuple):
    """An inbound security rule, its fields normalised to lower-case token lists."""

    name: str
    priority: int
    allows: bool
    protocol: str
    ports: frozenset[int]
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    destination_asgs: frozenset[str]


class Delivery(NamedTuple):
    """A packet that arrived: who sent it, and the rule that let it through at each stage."""

    source: Source
    rules: tuple[Rule, ...]


def _tokens(properties: dict[str, Any], singular: str, plural: str) -> tuple[str, ...]:
    """Both spellings of one field; null and empty mean absent, never "any"."""
    found = [properties.get(singular), *(properties.get(plural) or ())]
    return tuple(token.strip().lower() for token in found if token)


@lru_cache(maxsize=8192)
def _ports(tokens: tuple[str, ...]) -> frozenset[int]:
    hit: set[int] = set()
    for token in tokens:
        first, _, last = token.partition("-")
        low, high = (int(first), int(last or first)) if first != "*" else (0, 65535)
        hit.update(port for port in SAMPLED_PORTS if low <= port <= high)
    return frozenset(hit)


@lru_cache(maxsize=8192)
def address_range(token: str) -> tuple[int, int, int] | None:
    """`(version, first, last)` of a prefix, an address or an `a-b` range; None for a service tag or `*`."""
    first, dash, last = token.partition("-")
    try:
        if dash:
            low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
            return low.version, int(low), int(high)
        network = ipaddress.ip_network(token, strict=False)
    except ValueError:
        return None
    return network.version, int(network.network_address), int(network.broadcast_address)


_DEFAULTS = (
    Rule(
        "AllowVnetInBound",
        65000,
        True,
        "*",
        frozenset(SAMPLED_PORTS),
        ("virtualnetwork",),
        ("*",),
        frozenset(),
    ),
    Rule(
        "AllowAzureLoadBalancerInBound",
        65001,
        True,
        "*",
        frozenset(SAMPLED_PORTS),
        ("azureloadbalancer",),
        ("*",),
        frozenset(),
    ),
    Rule("DenyAllInBound", 65500, False, "*", frozenset(SAMPLED_PORTS), ("*",), ("*",), frozenset()),
)


def inbound_rules(nsg: Resource) -> tuple[Rule, ...]:
    """The NSG's inbound rules in the order they are tried, with the default rules whether listed or not."""
    rules = list(_DEFAULTS)
    for raw in nsg["properties"].get("securityRules") or ():
        properties = raw["properties"]
        if properties["direction"].lower() != "inbound":
            continue
        asgs = properties.get("destinationApplicationSecurityGroups") or ()
        rules.append(
            Rule(
                raw["name"],
                properties["priority"],
                properties["access"].lower() == "allow",
                properties["protocol"].lower(),
                _ports(_tokens(properties, "destinationPortRange", "destinationPortRanges")),
                _tokens(properties, "sourceAddressPrefix", "sourceAddressPrefixes"),
                _tokens(properties, "destinationAddressPrefix", "destinationAddressPrefixes"),
                frozenset(asg["id"].lower() for asg in asgs),
            )
        )
    return tuple(sorted(rules, key=lambda rule: rule.priority))


def _source_matches(token: str, source: Source) -> bool:
    if token in ("*", "any", "internet"):  # every sample source is a public address
        return True
    span = address_range(token)
    if span is None:
        # `AzureCloud` holds `AzureCloud.westeurope`. A stranger belongs to no tag, so that a denied tag stops
        # no stranger (exposure specification, semantics 9).
        return source.origin is not None and f"{source.origin}.".startswith(f"{token}.")
    version, first, last = span
    return version == source.version and first <= source.address <= last


def _destination_matches(rule: Rule, destination: Destination) -> bool:
    if rule.destination_asgs & destination.asgs:
        return True
    for token in rule.destinations:
        if token in ("*", "any", "virtualnetwork"):  # every sample destination lies in the virtual network
            return True
        span = address_range(token)
        if span is not None:
            version, first, last = span
            if version == destination.version and first <= destination.address <= last:
                return True
    return False


def _deciding(
    rules: Sequence[Rule], source: Source, destination: Destination, protocol: Protocol
) -> Iterator[tuple[int, Rule]]:
    """For each sampled port, the first rule by priority that matches the packet: `(port, rule)`."""
    candidates = [
        rule
        for rule in rules
        if rule.protocol in ("*", protocol)
        and _destination_matches(rule, destination)
        and any(_source_matches(token, source) for token in rule.sources)
    ]
    for port in SAMPLED_PORTS:
        for rule in candidates:
            if port in rule.ports:
                yield port, rule
                break


@lru_cache(maxsize=8192)
def _public_part(version: int, first: int, last: int) -> tuple[int, int]:
    """`(count, lowest)` of the public addresses from `first` to `last`."""
    if version == 6:
        low, high = max(first, _PUBLIC_V6[0]), min(last, _PUBLIC_V6[1])
        return max(0, high - low + 1), low
    count, lowest, at = 0, -1, first
    for hole_first, hole_last in (*_NOT_PUBLIC_V4, (last + 1, last + 1)):
        if hole_last < at:
            continue
        end = min(hole_first - 1, last)
        if end >= at:
            lowest = at if lowest < 0 else lowest
            count += end - at + 1
        at = max(at, hole_last + 1)
        if at > last:
            break
    return count, lowest


def sources(rules: Iterable[Rule], version: int) -> list[Source]:
    """One stranger for each piece the rules cut public space into, and its twin in each named service tag."""
    tokens = {token for rule in rules for token in rule.sources}
    spans = [span for span in map(address_range, tokens) if span is not None and span[0] == version]
    top = 1 << _BITS[version]
    cuts = sorted({0, top, *(first for _, first, _ in spans), *(last + 1 for _, _, last in spans)})
    known = {"*", "any", "internet", "virtualnetwork", "azureloadbalancer"}
    origins: list[str | None] = [None]
    origins += sorted(token for token in tokens - known if address_range(token) is None)
    found = []
    for first, after in pairwise(cuts):
        weight, address = _public_part(version, first, after - 1)
        if weight:
            found += [Source(version, address, weight, origin) for origin in origins]
    return found


def destination(address: str, asgs: Iterable[str] = ()) -> Destination:
    """The receiver with this private address, member of the application security groups with these ids."""
    parsed = ipaddress.ip_address(address)
    return Destination(parsed.version, int(parsed), frozenset(asg.lower() for asg in asgs))


Deliveries = dict[tuple[Protocol, int], list[Delivery]]


def deliveries(stages: Sequence[tuple[Rule, ...]], receiver: Destination) -> Deliveries:
    """Every sample packet that passes all `stages`, by protocol and port; each stage must let it through."""
    arrived: Deliveries = {}
    strangers = sources((rule for rules in stages for rule in rules), receiver.version)
    for source in strangers:
        for protocol in PROTOCOLS:
            decisions: dict[int, tuple[Rule, ...]] = {port: () for port in SAMPLED_PORTS}
            for rules in stages:
                decisions = {
                    port: (*decisions[port], rule)
                    for port, rule in _deciding(rules, source, receiver, protocol)
                    if rule.allows and port in decisions
                }
            for port, deciding in decisions.items():
                arrived.setdefault((protocol, port), []).append(Delivery(source, deciding))
    return arrived


def size_in_internets(arrived: Iterable[Delivery]) -> float:
    """How many strangers these packets stand for, in multiples of the threshold of their IP version."""
    totals = dict.fromkeys(INTERNET_SIZE, 0)
    for packet in arrived:
        if packet.source.origin is None:
            totals[packet.source.version] += packet.source.weight
    return max(total / INTERNET_SIZE[version] for version, total in totals.items())


def reach_of(arrived: Sequence[Delivery]) -> Reach | None:
    """The class of the set of senders whose packets arrived."""
    size = size_in_internets(arrived)
    if size >= 1:
        return "internet"
    if size > 0:
        return "limited"
    if any((packet.source.origin or "").startswith("azurecloud") for packet in arrived):
        return "azure"
    return "tag" if arrived else None
