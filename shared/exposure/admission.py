"""What one NSG lets in when it is judged by itself, whatever stands before or behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shared.domain.exposure import Protocol, SourceClass, Verdict
from shared.exposure.addresses import Family
from shared.exposure.destinations import Destination, Destinations, Match
from shared.exposure.first_match import Grant, Reading, RuleSet, may_be_wide
from shared.exposure.intervals import contains
from shared.exposure.path import Decider, Judgement, Piece, StageName
from shared.exposure.security_rule import Action
from shared.exposure.sources import SourceSet, classify


class Admission(NamedTuple):
    """Ports that an NSG opens on one protocol for at least one destination, and the rules that do."""

    protocol: Protocol
    family: Family
    low: int
    high: int
    sources: SourceSet
    grants: tuple[Grant, ...]


def names_ipv6(rules: RuleSet) -> bool:
    """Whether a rule speaks of IPv6 addresses."""
    return rules.names_ipv6


def may_open(rules: RuleSet) -> bool:
    """Whether the allowing rules name the internet or every Azure customer, alone or together.

    False for most NSGs, and found without looking at ports, denies or destinations.
    """
    allowing = [rule for rule in rules.telling if rule.action is not Action.DENY]
    return may_be_wide(allowing, 4) or may_be_wide(allowing, 6)


def _may_open_on(rules: RuleSet, protocol: Protocol, family: Family) -> bool:
    """`may_open` for one protocol and family."""
    allowing = (
        rule
        for rule in rules.telling
        if rule.action is not Action.DENY and rule.speaks_of(protocol) is not Match.NO
    )
    return may_be_wide(allowing, family)


def admissions(
    rules: RuleSet, families: Sequence[Family], *, wide_only: bool = False
) -> tuple[Admission, ...]:
    """Who gets in, for every destination that the rules tell apart; only what is certain counts.

    Args:
        wide_only: leave ports out on which neither the internet nor every Azure customer can be let in.
    """
    found: dict[tuple[object, ...], Admission] = {}
    spoken = {
        (family, protocol)
        for family in families
        for protocol in Protocol
        if not wide_only or _may_open_on(rules, protocol, family)
    }
    for destination in _told_apart(rules, [one for one in families if any(one == f for f, _ in spoken)]):
        for protocol in Protocol:
            if (destination.family, protocol) not in spoken:
                continue
            for segment in rules.segments(protocol, destination, Reading.CERTAIN, wide_only=wide_only):
                key = (protocol, destination.family, *segment)
                if key not in found:
                    found[key] = Admission(
                        protocol,
                        destination.family,
                        segment.low,
                        segment.high,
                        segment.sources,
                        segment.grants,
                    )
    return tuple(found.values())


def _told_apart(rules: RuleSet, families: Sequence[Family]) -> Iterator[Destination]:
    """One destination of each kind that the rules tell apart."""
    letting_in = [
        rule.destinations
        for rule in rules.telling
        if rule.action is not Action.DENY and (rule.sources.ipv4 or rule.sources.ipv6 or rule.sources.tags)
    ]
    if not letting_in:
        return
    groups = [frozenset[str](), *(frozenset({g}) for g in sorted({g for d in letting_in for g in d.groups}))]
    for family in families:
        seen = set()
        for address in _addresses(rules, letting_in, family):
            for members in groups:
                destination = Destination(family, address, groups=members)
                signature = rules.signature(destination)
                if signature not in seen:
                    seen.add(signature)
                    yield destination


def _addresses(rules: RuleSet, letting_in: list[Destinations], family: Family) -> list[int]:
    """The first address of every run of addresses that the rules' destinations tell apart."""
    bounds = {0}
    for rule in rules.telling:
        bounds.update(rule.destinations.ipv4 if family == 4 else rule.destinations.ipv6)
    named = [destinations.ipv4 if family == 4 else destinations.ipv6 for destinations in letting_in]
    if any(destinations.anywhere or destinations.tags or destinations.groups for destinations in letting_in):
        return sorted(bounds)
    return sorted(bound for bound in bounds if any(contains(intervals, bound) for intervals in named))


def open_to_internet(found: tuple[Admission, ...]) -> dict[Protocol, Judgement]:
    """What an NSG opens to the internet, by protocol, as a judgement of its own."""
    pieces: dict[Protocol, list[Piece]] = {}
    for one in found:
        if classify(one.sources, one.family) is SourceClass.INTERNET:
            deciders = tuple(Decider(StageName.LONE_NSG, grant.rule) for grant in one.grants)
            pieces.setdefault(one.protocol, []).append(Piece(one.low, one.high, one.sources, deciders))
    return {
        protocol: Judgement(Verdict.UNATTACHED, SourceClass.INTERNET, tuple(opened), None)
        for protocol, opened in pieces.items()
    }
