"""Whom a rule lets in: public addresses, and service tags that stand for addresses nobody can list here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from shared.domain.exposure import SourceClass
from shared.exposure.addresses import (
    ALL_IPV4,
    INTERNET_SIZE,
    PUBLIC_IPV4,
    PUBLIC_IPV6,
    Family,
    PrefixKind,
    parse_prefix,
    public_space,
)
from shared.exposure.intervals import EMPTY, Intervals, from_ranges, intersection, size, union

INTERNET: Final = "internet"
VIRTUAL_NETWORK: Final = "virtualnetwork"
AZURE_CLOUD: Final = "azurecloud"
_NO_STRANGERS: Final = frozenset({VIRTUAL_NETWORK, "azureloadbalancer"})
"""Tags behind which no stranger stands: the network itself, and the platform's health probes."""


def is_azure(tag: str) -> bool:
    """Whether a tag means every Azure customer (`AzureCloud`, `AzureCloud.<region>`)."""
    return tag == AZURE_CLOUD or tag.startswith(AZURE_CLOUD + ".")


@dataclass(frozen=True, slots=True)
class Sources:
    """The source fields of a rule, cut down to addresses a stranger can have."""

    ipv4: Intervals
    ipv6: Intervals
    literal_ipv4: bool
    """0.0.0.0/0 is written out: whether Azure lets it match IPv6 too is not documented."""
    names_ipv6: bool
    """An IPv6 prefix is written out."""
    tags: frozenset[str]
    virtual_network: bool
    strangers: bool = field(init=False)
    """Whether a stranger can be meant, under some reading."""
    azure: bool = field(init=False)
    """A tag means every Azure customer."""
    sizes: tuple[int, int] = field(init=False)
    """How many public addresses of IPv4 and of IPv6 there are."""

    def __post_init__(self) -> None:
        meant = self.ipv4 or self.ipv6 or self.literal_ipv4 or self.tags or self.virtual_network
        object.__setattr__(self, "strangers", bool(meant))
        object.__setattr__(self, "azure", any(map(is_azure, self.tags)))
        object.__setattr__(self, "sizes", (size(self.ipv4), size(self.ipv6)))

    def addresses(self, family: Family) -> Intervals:
        """The public addresses of one family."""
        return self.ipv4 if family == 4 else self.ipv6

    def size(self, family: Family) -> int:
        """How many public addresses of one family there are."""
        return self.sizes[family == 6]


_NOBODY: Final = Sources(EMPTY, EMPTY, False, False, frozenset(), False)


def _of_block(low: int, high: int) -> Sources:
    """Sources that are one block of IPv4, as those of most rules are."""
    public = intersection((low, high), PUBLIC_IPV4)
    if not public:
        return _NOBODY
    return Sources(public, EMPTY, (low, high) == ALL_IPV4, False, frozenset(), False)


@lru_cache(maxsize=16_384)
def parse_sources(texts: tuple[str, ...]) -> Sources:
    """Compile source prefixes; an empty tuple (application security groups only) lets no stranger in.

    Raises:
        ValueError: a prefix cannot be read.
    """
    if len(texts) == 1:
        only = parse_prefix(texts[0])
        if only.kind is PrefixKind.RANGE and only.family == 4:
            return _of_block(only.low, only.high)
    spans: dict[Family, list[tuple[int, int]]] = {4: [], 6: []}
    tags: set[str] = set()
    everybody = literal = False
    for text in texts:
        prefix = parse_prefix(text)
        if prefix.kind is PrefixKind.ANY or prefix.tag == INTERNET:
            everybody = True
        elif prefix.kind is PrefixKind.TAG:
            tags.add(prefix.tag)
        else:
            spans[prefix.family].append((prefix.low, prefix.high))
            literal = literal or (prefix.family == 4 and (prefix.low, prefix.high) == ALL_IPV4)
    return Sources(
        ipv4=PUBLIC_IPV4 if everybody else intersection(from_ranges(spans[4]), PUBLIC_IPV4),
        ipv6=PUBLIC_IPV6 if everybody else intersection(from_ranges(spans[6]), PUBLIC_IPV6),
        literal_ipv4=literal,
        names_ipv6=bool(spans[6]),
        tags=frozenset(tags - _NO_STRANGERS),
        virtual_network=VIRTUAL_NETWORK in tags,
    )


class SourceSet(NamedTuple):
    """Who gets through: public addresses of one family, and tags beside them."""

    addresses: Intervals
    tags: frozenset[str]


NOBODY: Final = SourceSet(EMPTY, frozenset())


def everybody(family: Family) -> SourceSet:
    """Every stranger of one address family."""
    return SourceSet(public_space(family), frozenset())


def is_internet(addresses: Intervals, family: Family) -> bool:
    """Whether a set is large enough to be called the internet."""
    return size(addresses) >= INTERNET_SIZE[family]


def covers_tag(tags: Iterable[str], tag: str) -> bool:
    """Whether `tags` name `tag` itself or the whole it is a region of."""
    return any(tag == other or tag.startswith(other + ".") for other in tags)


def classify(sources: SourceSet, family: Family) -> SourceClass | None:
    """The class of a set (exposure specification, semantics 8); None when nobody gets through."""
    if is_internet(sources.addresses, family):
        return SourceClass.INTERNET
    if sources.addresses:
        return SourceClass.LIMITED
    if any(map(is_azure, sources.tags)):
        return SourceClass.AZURE
    return SourceClass.TAG if sources.tags else None


def common(left: SourceSet, right: SourceSet, family: Family) -> SourceSet:
    """Who passes two stages. Where tags make that unknown, the larger answer is given."""
    addresses = intersection(left.addresses, right.addresses)
    if not left.tags and not right.tags:
        return SourceSet(addresses, left.tags)
    tags: set[str] = set()
    for mine, other in ((left, right), (right, left)):
        if not mine.tags:
            continue
        tags.update(tag for tag in mine.tags if covers_tag(other.tags, tag))
        if is_internet(other.addresses, family):
            tags |= mine.tags
        else:
            # Those of a few listed addresses that the tag may hold: at most the few.
            addresses = union(addresses, other.addresses)
        tags.update(_overlap(mine.tags, other.tags))
    return SourceSet(addresses, frozenset(tags))


def _overlap(mine: frozenset[str], other: frozenset[str]) -> Iterable[str]:
    """Tags of services whose addresses may also lie in an unrelated tag of the other stage."""
    unrelated = any(not is_azure(tag) for tag in (*mine, *other))
    return (tag for tag in mine if other and unrelated and not is_azure(tag))


def joined(left: SourceSet, right: SourceSet) -> SourceSet:
    """Who passes at least one of two ways."""
    return SourceSet(union(left.addresses, right.addresses), left.tags | right.tags)
