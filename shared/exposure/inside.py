"""How rules look to a packet whose source is a private address inside the network.

Azure Firewall puts an address of its own subnet in place of the client's (exposure specification, semantics
2), so what stands before the receiver judges that address, and not the stranger's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from shared.exposure.addresses import PUBLIC_IPV4, PUBLIC_IPV6, PrefixKind, parse_prefix
from shared.exposure.first_match import RuleSet
from shared.exposure.intervals import EMPTY, Intervals, contains, from_ranges, ranges
from shared.exposure.path import Stages, Unread
from shared.exposure.security_rule import SecurityRule
from shared.exposure.sources import VIRTUAL_NETWORK, Sources

PRIVATE_IPV4: Final[Intervals] = from_ranges(
    (prefix.low, prefix.high)
    for prefix in map(parse_prefix, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
)
"""RFC 1918: where a source stands whose subnet is not known."""

_EVERYBODY: Final = Sources(PUBLIC_IPV4, PUBLIC_IPV6, False, False, frozenset(), False)
_NOBODY: Final = Sources(EMPTY, EMPTY, False, False, frozenset(), False)

MOST_TOLD_APART: Final = 32
"""Addresses of one subnet that are tried; rules that tell more apart leave the answer unverified."""


def seen_from(rules: RuleSet, address: int) -> RuleSet:
    """The rules as packets from one private IPv4 address of the virtual network meet them.

    Each rule names every stranger when it names `address`, and nobody otherwise.
    """
    return RuleSet.of(
        [
            replace(rule, sources=_EVERYBODY if _names(rule, address) else _NOBODY, written=rule)
            for rule in rules.rules
        ]
    )


def _names(rule: SecurityRule, address: int) -> bool:
    for prefix in map(parse_prefix, rule.source_words):
        if prefix.kind is PrefixKind.ANY or prefix.tag == VIRTUAL_NETWORK:
            return True
        if prefix.kind is PrefixKind.RANGE and prefix.family == 4 and prefix.low <= address < prefix.high:
            return True
    return False


def sources_told_apart(stages: Stages, within: Intervals) -> list[int]:
    """One address of every run of `within` that the sources of the stages' rules tell apart."""
    bounds: set[int] = set()
    for rule in _rules(stages):
        for prefix in map(parse_prefix, rule.source_words):
            if prefix.kind is PrefixKind.RANGE and prefix.family == 4:
                bounds |= {prefix.low, prefix.high}
    return _representatives(bounds, within)


def destinations_told_apart(stages: Stages, within: Intervals, family: int) -> list[int]:
    """One address of every run of `within` that the destinations of the stages' rules tell apart."""
    bounds: set[int] = set()
    for rule in _rules(stages):
        bounds.update(rule.destinations.ipv4 if family == 4 else rule.destinations.ipv6)
    return _representatives(bounds, within)


def _representatives(bounds: set[int], within: Intervals) -> list[int]:
    starts = {low for low, _ in ranges(within)}
    return sorted(starts | {bound for bound in bounds if contains(within, bound)})


def _rules(stages: Stages) -> Iterable[SecurityRule]:
    for one in (stages.admin, stages.subnet, stages.nic):
        if one is not None and not isinstance(one, Unread):
            yield from one.rules
