"""Rules of an NSG that can never decide a packet, because rules before them decide every one it speaks of.

A rule is a box in five dimensions (protocol, source, source port, destination, destination port); earlier
boxes of the same direction are taken out of it, and it is shadowed when nothing is left. Where it is not
known what addresses a word stands for (service tags, application security groups), the word is taken to hold
more than any prefix: a rule is only called shadowed when it is so under every reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from shared.exposure.addresses import ALL_IPV4, ALL_IPV6, Family, PrefixKind, parse_prefix
from shared.exposure.intervals import Intervals, difference, from_ranges, intersection
from shared.exposure.nsg import security_rules
from shared.exposure.ports import parse_ports
from shared.exposure.security_rule import RuleReader, rule_name
from shared.exposure.sources import covers_tag

MOST_PIECES: Final = 64
"""Pieces of a rule that are followed; a rule that falls into more is taken to decide something."""

_PROTOCOLS: Final = frozenset({"tcp", "udp", "icmp", "esp", "ah", "other"})
_PROTOCOL_WORDS: Final = {name: name for name in (*_PROTOCOLS - {"other"}, "*")} | {"any": "*", "all": "*"}
_WITHOUT_PORTS: Final = frozenset({"icmp", "esp", "ah"})
_ACCESS: Final = {"allow": "allow", "deny": "deny"}
_DIRECTION: Final = {"inbound": "inbound", "outbound": "outbound"}


class Side(NamedTuple):
    """Sources or destinations: addresses, words that stand for unknown ones, and whether all others too."""

    ipv4: Intervals
    ipv6: Intervals
    words: frozenset[str]
    others: bool

    def minus(self, taken: Side) -> Side:
        """What is left; never less than that."""
        words = frozenset() if taken.others else self.words - _covered(self.words, taken.words)
        return Side(
            difference(self.ipv4, taken.ipv4),
            difference(self.ipv6, taken.ipv6),
            words,
            self.others and not taken.others,
        )

    def shared_with(self, taken: Side) -> Side:
        """What `minus` takes away; never less than that."""
        words = self.words if taken.others else _covered(self.words, taken.words)
        return Side(
            intersection(self.ipv4, taken.ipv4),
            intersection(self.ipv6, taken.ipv6),
            words | taken.words if self.others else words,
            self.others and taken.others,
        )

    @property
    def empty(self) -> bool:
        """Whether nothing is meant."""
        return not (self.ipv4 or self.ipv6 or self.words or self.others)


class Box(NamedTuple):
    """The packets that a rule speaks of."""

    protocols: frozenset[str]
    ports: Intervals
    source_ports: Intervals
    sources: Side
    destinations: Side

    @property
    def empty(self) -> bool:
        """Whether no packet is left."""
        nothing = not self.protocols or not self.ports or not self.source_ports
        return nothing or self.sources.empty or self.destinations.empty


class Shadowed(NamedTuple):
    """A rule that decides nothing, and the names of the rules before it that leave it nothing."""

    name: str
    priority: int
    direction: str
    by: tuple[str, ...]


class _Rule(NamedTuple):
    priority: int
    denies: bool
    name: str
    direction: str
    box: Box


def shadowed_rules(properties: Mapping[str, Any]) -> list[Shadowed]:
    """The user's rules of an NSG's `properties` that no packet ever comes to, in the order of priorities.

    Raises:
        ValueError: a rule cannot be read; the message names field and reason.
    """
    rules = sorted(
        (_read(rule, f"properties.securityRules[{n}]") for n, rule in enumerate(security_rules(properties))),
        key=lambda rule: rule[:2],
    )
    found = []
    for direction in _DIRECTION:
        before: list[_Rule] = []
        for rule in rules:
            if rule.direction == direction:
                by = _covering(rule, before)
                if by:
                    found.append(Shadowed(rule.name, rule.priority, direction, by))
                before.append(rule)
    return found


def _covering(rule: _Rule, before: list[_Rule]) -> tuple[str, ...]:
    """Names of the rules that together leave nothing of `rule`; none when something is left."""
    if not _ports_covered(rule.box, before):
        return ()
    met = [other for other in before if _meets(rule.box, other.box)]
    if not _may_cover(rule.box, met):
        return ()
    pieces, by = [rule.box], []
    for other in met:
        left = [piece for one in pieces for piece in _minus(one, other.box)]
        if left != pieces:
            by.append(other.name)
        if not left:
            return tuple(by)
        if len(left) > MOST_PIECES:
            return ()
        pieces = left
    return ()


def _ports_covered(box: Box, before: list[_Rule]) -> bool:
    """Whether rules about some protocol of `box` name all of its ports: quick, and mostly false."""
    ports = box.ports
    for other in before:
        if not box.protocols.isdisjoint(other.box.protocols):
            ports = difference(ports, other.box.ports)
            if not ports:
                return True
    return False


def _may_cover(box: Box, met: list[_Rule]) -> bool:
    """Whether of the addresses at either end by themselves nothing is left: mostly false too."""
    sources, destinations = box.sources, box.destinations
    for other in met:
        sources = sources.minus(other.box.sources)
        destinations = destinations.minus(other.box.destinations)
    return sources.empty and destinations.empty


def _meets(box: Box, other: Box) -> bool:
    """Whether both speak of some protocol and port: most rules of an NSG do not."""
    return not box.protocols.isdisjoint(other.protocols) and bool(intersection(box.ports, other.ports))


def _minus(box: Box, taken: Box) -> Iterator[Box]:
    """Boxes that together hold what is left of `box`."""
    common = _common(box, taken)
    if common is None:
        yield box
        return
    for piece in (
        box._replace(protocols=box.protocols - taken.protocols),
        box._replace(protocols=common.protocols, ports=difference(box.ports, taken.ports)),
        common._replace(
            source_ports=difference(box.source_ports, taken.source_ports),
            sources=box.sources,
            destinations=box.destinations,
        ),
        common._replace(sources=box.sources.minus(taken.sources), destinations=box.destinations),
        common._replace(destinations=box.destinations.minus(taken.destinations)),
    ):
        if not piece.empty:
            yield piece


def _common(box: Box, taken: Box) -> Box | None:
    """What both speak of; None when nothing, which the first dimension without it tells."""
    protocols = box.protocols & taken.protocols
    ports = protocols and intersection(box.ports, taken.ports)
    if not ports:
        return None
    destinations = box.destinations.shared_with(taken.destinations)
    if destinations.empty:
        return None
    sources = box.sources.shared_with(taken.sources)
    source_ports = intersection(box.source_ports, taken.source_ports)
    if sources.empty or not source_ports:
        return None
    return Box(protocols, ports, source_ports, sources, destinations)


def _covered(words: frozenset[str], by: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in words if covers_tag(by, word))


def _read(rule: Any, where: str) -> _Rule:
    if not isinstance(rule, dict) or not isinstance(rule.get("properties"), dict):
        raise ValueError(f"{where}.properties: not an object")
    reader = RuleReader(rule["properties"], f"{where}.properties")
    protocol = reader.word("protocol", _PROTOCOL_WORDS)
    box = Box(
        _PROTOCOLS if protocol == "*" else frozenset({protocol}),
        _ports(reader, "destination", protocol),
        _ports(reader, "source", protocol),
        _side(reader, "source"),
        _side(reader, "destination"),
    )
    return _Rule(
        reader.priority(),
        reader.word("access", _ACCESS) == "deny",
        rule_name(rule.get("name"), where),
        reader.word("direction", _DIRECTION),
        box,
    )


def _ports(reader: RuleReader, end: str, protocol: str) -> Intervals:
    texts = reader.texts(f"{end}PortRange", f"{end}PortRanges")
    if not texts and protocol not in _WITHOUT_PORTS:
        raise reader.refuse(f"{end}PortRange", f"missing, and {end}PortRanges is empty")
    try:
        return parse_ports(texts or ("*",))
    except ValueError as error:
        raise reader.refuse(f"{end}PortRange(s)", str(error)) from error


def _side(reader: RuleReader, end: str) -> Side:
    prefixes = reader.texts(f"{end}AddressPrefix", f"{end}AddressPrefixes")
    groups = reader.references(f"{end}ApplicationSecurityGroups")
    if not prefixes and not groups:
        raise reader.refuse(f"{end}AddressPrefix", "missing, and no other field names any")
    try:
        return _compiled(prefixes, groups)
    except ValueError as error:
        raise reader.refuse(f"{end}AddressPrefix(es)", str(error)) from error


_EVERYTHING: Final = Side(ALL_IPV4, ALL_IPV6, frozenset(), True)


@lru_cache(maxsize=16_384)
def _compiled(prefixes: tuple[str, ...], groups: tuple[str, ...]) -> Side:
    spans: dict[Family, list[tuple[int, int]]] = {4: [], 6: []}
    words = set(groups)
    for prefix in map(parse_prefix, prefixes):
        if prefix.kind is PrefixKind.ANY:
            return _EVERYTHING
        if prefix.kind is PrefixKind.TAG:
            words.add(prefix.tag)
        else:
            spans[prefix.family].append((prefix.low, prefix.high))
    return Side(from_ranges(spans[4]), from_ranges(spans[6]), frozenset(words), others=False)
