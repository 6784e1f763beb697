"""Rules of an NSG that can never decide a packet, because rules before them decide every one it speaks of.

A rule is a box in five dimensions (protocol, source, source port, destination, destination port); earlier
boxes of the same direction are taken out of it, and it is shadowed when nothing is left. Where it is not
known what addresses a word stands for (service tags, application security groups), the word is taken to hold
more than any prefix: a rule is only called shadowed when it is so under every reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, NamedTuple

from shared.exposure.addresses import ALL_IPV4, ALL_IPV6, Family, PrefixKind, parse_prefix
from shared.exposure.intervals import Intervals, contains, difference, from_ranges, intersection
from shared.exposure.ports import parse_ports
from shared.exposure.sources import covers_tag
from shared.exposure.written_rules import WITHOUT_PORTS, UnreadableRule, WrittenRule, written_rules

MOST_PIECES: Final = 64
"""Pieces of a rule that are followed; a rule that falls into more is taken to decide something."""

_ALL_PROTOCOLS: Final = ("tcp", "udp", "icmp", "esp", "ah", "other")
_PROTOCOLS: Final = {name: frozenset({name}) for name in _ALL_PROTOCOLS} | {"*": frozenset(_ALL_PROTOCOLS)}
_BITS: Final = {name: 1 << place for place, name in enumerate(_ALL_PROTOCOLS)} | {"*": 63}
"""Protocols as bits of a number: nearly every pair of rules is told apart by them and a port."""


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


class _Rule:
    """A rule with the parts that tell most rules apart at hand, and the others made when needed."""

    __slots__ = ("bits", "high", "low", "one_range", "ports", "written")

    def __init__(self, written: WrittenRule) -> None:
        self.written = written
        self.bits = _BITS[written.protocol]
        self.ports = ports = parse_ports(written.ports)
        self.low, self.high = ports[0], ports[-1]
        self.one_range = len(ports) == 2

    @property
    def sources(self) -> Side:
        """Who sends what it speaks of."""
        return _side(self.written.sources, self.written.source_groups)

    @property
    def destinations(self) -> Side:
        """Who receives it."""
        return _side(self.written.destinations, self.written.destination_groups)

    @property
    def box(self) -> Box:
        """The packets that it speaks of."""
        return Box(
            _PROTOCOLS[self.written.protocol],
            self.ports,
            parse_ports(self.written.source_ports or ("*",)),
            self.sources,
            self.destinations,
        )


def shadowed_rules(properties: Mapping[str, Any]) -> list[Shadowed]:
    """The user's rules of an NSG's `properties` that no packet ever comes to, in the order of priorities.

    Raises:
        ValueError: a rule cannot be read; the message names field and reason.
    """
    before: dict[str, list[_Rule]] = {"inbound": [], "outbound": []}
    shadowed: dict[str, list[Shadowed]] = {"inbound": [], "outbound": []}
    for rule in map(_Rule, sorted(_all_rules(properties), key=_order)):
        written = rule.written
        others = before[written.direction]
        by = _covering(rule, others)
        if by:
            one = Shadowed(written.name, written.priority, written.direction, by)
            shadowed[written.direction].append(one)
        others.append(rule)
    return [*shadowed["inbound"], *shadowed["outbound"]]


def _all_rules(properties: Mapping[str, Any]) -> Iterator[WrittenRule]:
    for number, rule in enumerate(written_rules(properties)):
        if isinstance(rule, UnreadableRule):
            raise rule.error
        if not rule.source_ports and rule.protocol not in WITHOUT_PORTS:
            field = f"properties.securityRules[{number}].properties.sourcePortRange"
            raise ValueError(f"{field}: missing, and sourcePortRanges is empty")
        yield rule


_order: Final = attrgetter("priority", "action")
"""Of two rules with one priority, which Azure refuses, the one that allows comes first."""


def _covering(rule: _Rule, before: list[_Rule]) -> tuple[str, ...]:
    """Names of the rules that together leave nothing of `rule`; none when something is left."""
    met = _met(rule, before)
    covered = (
        _ports_covered(rule.ports, met)
        # Of the addresses at either end by themselves something is left: mostly so, too.
        and _end_covered(rule.sources, [other.sources for other in met])
        and _end_covered(rule.destinations, [other.destinations for other in met])
    )
    return _leaving_nothing(rule, met) if covered else ()


def _met(rule: _Rule, before: list[_Rule]) -> list[_Rule]:
    """Rules that speak of some protocol and port of `rule`; none where nobody speaks of its first port."""
    bits, first = rule.bits, rule.low
    for other in before:
        inside = other.low <= first < other.high and (other.one_range or contains(other.ports, first))
        if inside and other.bits & bits:
            return [one for one in before if one.bits & bits and intersection(rule.ports, one.ports)]
    return []


def _leaving_nothing(rule: _Rule, met: list[_Rule]) -> tuple[str, ...]:
    pieces, by = [rule.box], []
    for other in met:
        left = [piece for one in pieces for piece in _minus(one, other.box)]
        if left != pieces:
            by.append(other.written.name)
        if not left:
            return tuple(by)
        if len(left) > MOST_PIECES:
            return ()
        pieces = left
    return ()


def _ports_covered(ports: Intervals, met: list[_Rule]) -> bool:
    """Whether rules about some of the protocols name all of the ports: quick, and mostly false."""
    for other in met:
        ports = difference(ports, other.ports)
        if not ports:
            return True
    return False


def _end_covered(side: Side, others: list[Side]) -> bool:
    """Whether the others together leave nothing of one end; the first address answers for most."""
    if side.others and not any(other.others for other in others):
        return False
    if side.ipv4 and not any(contains(other.ipv4, side.ipv4[0]) for other in others):
        return False
    for other in others:
        side = side.minus(other)
        if side.empty:
            return True
    return False


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


_EVERYTHING: Final = Side(ALL_IPV4, ALL_IPV6, frozenset(), True)


@lru_cache(maxsize=16_384)
def _side(prefixes: tuple[str, ...], groups: tuple[str, ...]) -> Side:
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
