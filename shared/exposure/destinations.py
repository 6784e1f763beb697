"""Which receivers a rule speaks about: prefixes, the virtual network, application security groups."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from shared.exposure.addresses import ALL_IPV4, Family, PrefixKind, parse_prefix
from shared.exposure.intervals import EMPTY, Intervals, contains, from_ranges
from shared.exposure.sources import INTERNET, VIRTUAL_NETWORK


class Match(IntEnum):
    """Whether a rule speaks about a packet; MAYBE where Azure's behaviour is not documented."""

    NO = 0
    MAYBE = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class Destination:
    """What the filters see as a packet's destination (exposure specification, semantics 2)."""

    family: Family
    address: int
    in_virtual_network: bool = True
    """False for a floating IP, where the destination is the public frontend address."""
    groups: frozenset[str] = frozenset()
    """Application security groups of the receiver, lower-cased ids."""


@dataclass(frozen=True, slots=True)
class Destinations:
    """The destination fields of a rule."""

    anywhere: bool
    ipv4: Intervals
    ipv6: Intervals
    literal_ipv4: bool
    tags: frozenset[str]
    groups: frozenset[str]

    def match(self, destination: Destination) -> Match:
        """Whether packets to `destination` are meant."""
        if self.anywhere or not self.groups.isdisjoint(destination.groups):
            return Match.YES
        if contains(self.ipv4 if destination.family == 4 else self.ipv6, destination.address):
            return Match.YES
        if self.tags:
            if destination.in_virtual_network:
                if VIRTUAL_NETWORK in self.tags:
                    return Match.YES
            elif INTERNET in self.tags:
                return Match.YES
            elif self.tags - {VIRTUAL_NETWORK}:
                return Match.MAYBE
        return Match.MAYBE if self.literal_ipv4 and destination.family == 6 else Match.NO

    @property
    def plain(self) -> bool:
        """Whether every IPv4 receiver inside a virtual network is meant, or none by its own address."""
        return self.anywhere or VIRTUAL_NETWORK in self.tags or self.literal_ipv4


@lru_cache(maxsize=16_384)
def parse_destinations(texts: tuple[str, ...], groups: tuple[str, ...] = ()) -> Destinations:
    """Compile destination prefixes and the ids of application security groups.

    Raises:
        ValueError: a prefix cannot be read.
    """
    if len(texts) == 1 and not groups:
        only = parse_prefix(texts[0])
        if only.kind is PrefixKind.RANGE and only.family == 4:
            block = (only.low, only.high)
            return Destinations(False, block, EMPTY, block == ALL_IPV4, frozenset(), frozenset())
    spans: dict[Family, list[tuple[int, int]]] = {4: [], 6: []}
    tags: set[str] = set()
    anywhere = literal = False
    for text in texts:
        prefix = parse_prefix(text)
        if prefix.kind is PrefixKind.ANY:
            anywhere = True
        elif prefix.kind is PrefixKind.TAG:
            tags.add(prefix.tag)
        else:
            spans[prefix.family].append((prefix.low, prefix.high))
            literal = literal or (prefix.family == 4 and (prefix.low, prefix.high) == ALL_IPV4)
    return Destinations(
        anywhere=anywhere,
        ipv4=from_ranges(spans[4]),
        ipv6=from_ranges(spans[6]),
        literal_ipv4=literal,
        tags=frozenset(tags),
        groups=frozenset(group.lower() for group in groups),
    )
