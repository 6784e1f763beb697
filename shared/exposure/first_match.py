"""First match by priority, over sets instead of single packets.

The rules of one stage are walked once for each run of ports that they tell apart; what a run's earlier rules
have decided is taken out of what later ones can decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

from shared.domain.exposure import Protocol
from shared.exposure.addresses import INTERNET_SIZE, Family, public_space
from shared.exposure.destinations import Destination, Match, parse_destinations
from shared.exposure.intervals import Intervals, difference, intersection, ranges, union
from shared.exposure.ports import ALL_PORTS
from shared.exposure.security_rule import Action, RuleFields, SecurityRule, compile_rule
from shared.exposure.sources import SourceSet, covers_tag, parse_sources

ALLOWING: Final = frozenset({Action.ALLOW})
"""What lets packets past an NSG."""


class Reading(Enum):
    """How to take what is not documented, or not known from the configuration."""

    CERTAIN = "certain"
    """Doubtful matches count where they keep packets out: what gets through does so under every reading."""
    GENEROUS = "generous"
    """Doubtful matches count where they let packets in: what gets through does so under some reading."""
    ROUTED = "routed"
    """Generous, and `VirtualNetwork` holds 0.0.0.0/0 (a default route puts it there)."""


class Grant(NamedTuple):
    """What one rule lets in on a run of ports."""

    rule: SecurityRule
    addresses: Intervals
    tags: frozenset[str]


class Segment(NamedTuple):
    """A run of ports `low..high-1` that the stage treats alike, who is let in, and by which rules."""

    low: int
    high: int
    grants: tuple[Grant, ...]
    sources: SourceSet


class _Step(NamedTuple):
    """A rule cut down to one protocol, family, destination and reading."""

    rule: SecurityRule
    ports: Intervals
    addresses: Intervals
    tags: frozenset[str]


_NO_TAGS: Final[frozenset[str]] = frozenset()
Signature = tuple[Match, ...]
"""How those rules match a destination that tell destinations apart; equal ones have equal outcomes."""
_Key = tuple[Protocol, Family, bool, Signature, Reading, frozenset[Action], bool]


@dataclass(slots=True, eq=False)
class RuleSet:
    """The compiled inbound rules of one NSG (or admin configuration), which many resources may share."""

    telling: tuple[SecurityRule, ...]
    """The rules that can matter to a stranger, in order."""
    _all: tuple[SecurityRule | RuleFields, ...]
    """Every rule in order. Those that matter to no stranger are compiled when somebody asks for them."""
    _choosy: tuple[SecurityRule, ...]
    """Telling rules that tell destinations apart."""
    _choosy_inside: tuple[SecurityRule, ...]
    """Those of them that tell IPv4 destinations inside the virtual network apart."""
    _latest: tuple[Destination | None, Signature] = (None, ())
    """The signature asked for last: one destination is asked about many times in a row."""
    _memo: dict[_Key, tuple[Segment, ...]] = field(default_factory=dict)

    @classmethod
    def compiled(cls, rules: Sequence[RuleFields], behind: Sequence[SecurityRule] = ()) -> RuleSet:
        """Compile rules and put them in order. Of two with one priority, which Azure refuses, Allow is first.

        Args:
            behind: rules compiled before, such as Azure's own, which other rule sets hold too.

        Raises:
            ValueError: a rule cannot be read.
        """
        found = [compile_rule(rule) if parse_sources(rule.sources).strangers else rule for rule in rules]
        return cls.of(sorted([*found, *behind], key=_order))

    @classmethod
    def of(cls, ordered: Sequence[SecurityRule | RuleFields]) -> RuleSet:
        """The rule set of rules in order; those not compiled must matter to no stranger."""
        telling = tuple(rule for rule in ordered if isinstance(rule, SecurityRule) and rule.sources.strangers)
        choosy = tuple(rule for rule in telling if not rule.destinations.anywhere)
        inside = tuple(rule for rule in choosy if not rule.destinations.plain)
        return cls(telling, tuple(ordered), choosy, inside)

    @property
    def rules(self) -> tuple[SecurityRule, ...]:
        """Every rule, in order."""
        compiled = tuple(one if isinstance(one, SecurityRule) else compile_rule(one) for one in self._all)
        self._all = compiled
        return compiled

    @property
    def names_ipv6(self) -> bool:
        """Whether a rule speaks of IPv6 addresses."""
        return any(
            rule.sources.names_ipv6 or rule.destinations.ipv6
            if isinstance(rule, SecurityRule)
            else parse_sources(rule.sources).names_ipv6 or parse_destinations(rule.destinations).ipv6
            for rule in self._all
        )

    def leaves_open(self, protocol: Protocol, destination: Destination) -> bool:
        """Whether readings can differ: a rule may or may not match packets of `protocol` to `destination`."""
        if Match.MAYBE in self.signature(destination):
            return True
        if destination.family == 4 and protocol is not Protocol.ICMP:
            return False
        return destination.family == 6 or any(
            rule.speaks_of(protocol) is Match.MAYBE for rule in self.telling
        )

    def signature(self, destination: Destination) -> Signature:
        """What of `destination` the outcome depends on, beside its family and whether it is inside."""
        known, signature = self._latest
        if known is not destination:
            choosy = self._choosy_at(destination.family, destination.in_virtual_network)
            signature = tuple(rule.destinations.match(destination) for rule in choosy)
            self._latest = destination, signature
        return signature

    def _choosy_at(self, family: Family, inside: bool) -> tuple[SecurityRule, ...]:
        return self._choosy_inside if inside and family == 4 else self._choosy

    def segments(
        self,
        protocol: Protocol,
        destination: Destination,
        reading: Reading,
        actions: frozenset[Action] = ALLOWING,
        *,
        wide_only: bool = False,
    ) -> tuple[Segment, ...]:
        """What rules with one of `actions` decide, by runs of ports. Computed once.

        Args:
            reading: taken for these actions: a doubtful match of any other keeps packets from them.
            wide_only: leave runs out on which nobody but listed addresses and single services can be let in.
        """
        family, inside = destination.family, destination.in_virtual_network
        signature = self.signature(destination)
        key = (protocol, family, inside, signature, reading, actions, wide_only)
        found = self._memo.get(key)
        if found is None:
            matches = dict(zip(self._choosy_at(family, inside), signature, strict=True))
            steps = self._steps(protocol, family, matches, (reading, actions))
            found = self._memo[key] = _segments(steps, family, actions, wide_only)
        return found

    def _steps(
        self,
        protocol: Protocol,
        family: Family,
        matches: Mapping[SecurityRule, Match],
        wanted: tuple[Reading, frozenset[Action]],
    ) -> list[_Step]:
        reading, actions = wanted
        steps: list[_Step] = []
        last = 0
        for rule in self.telling:
            doubtful_counts = (rule.action in actions) == (reading is not Reading.CERTAIN)
            needed = Match.MAYBE if doubtful_counts else Match.YES
            if rule.speaks_of(protocol) < needed or matches.get(rule, Match.YES) < needed:
                continue
            addresses = _addresses(rule, family, needed, reading)
            if not addresses and not rule.sources.tags:
                continue
            ports = ALL_PORTS if protocol is Protocol.ICMP else rule.ports
            steps.append(_Step(rule, ports, addresses, rule.sources.tags))
            if rule.action in actions:
                last = len(steps)
        return steps[:last]


def _order(rule: SecurityRule | RuleFields) -> tuple[int, bool]:
    return rule.priority, rule.action == Action.DENY


def _addresses(rule: SecurityRule, family: Family, needed: Match, reading: Reading) -> Intervals:
    if family == 6 and rule.sources.literal_ipv4 and needed is Match.MAYBE:
        return public_space(6)
    if reading is Reading.ROUTED and rule.sources.virtual_network:
        return public_space(family)
    return rule.sources.addresses(family)


def may_be_wide(rules: Iterable[SecurityRule], family: Family) -> bool:
    """Whether rules that let in can add up to the internet, or name every Azure customer."""
    total = 0
    for rule in rules:
        if rule.sources.azure:
            return True
        total += rule.sources.size(family)
    return total >= INTERNET_SIZE[family]


def _segments(
    steps: Sequence[_Step], family: Family, actions: frozenset[Action], wide_only: bool
) -> tuple[Segment, ...]:
    segments: list[Segment] = []
    if wide_only and not may_be_wide((one.rule for one in steps if one.rule.action in actions), family):
        return ()
    for low, high, here in _runs(steps):
        letting_in = [step.rule for step in here if step.rule.action in actions]
        if letting_in and (not wide_only or may_be_wide(letting_in, family)):
            grants = _decide(here, family, actions)
            if grants:
                _append(segments, low, high, grants)
    return tuple(segments)


def _runs(steps: Sequence[_Step]) -> Iterator[tuple[int, int, list[_Step]]]:
    """The runs of ports that the steps tell apart, and the steps on each, in order."""
    bounds = sorted({bound for step in steps for bound in step.ports})
    places = {bound: place for place, bound in enumerate(bounds)}
    here: list[list[_Step]] = [[] for _ in bounds]
    for step in steps:
        for low, high in ranges(step.ports):
            for on in here[places[low] : places[high]]:
                on.append(step)
    return zip(bounds, bounds[1:], here, strict=False)  # the last bound begins no run


def _append(segments: list[Segment], low: int, high: int, grants: tuple[Grant, ...]) -> None:
    """Add a run of ports, joined to the one before it where nothing differs."""
    previous = segments[-1] if segments else None
    if previous and previous.high == low and previous.grants == grants:
        segments[-1] = previous._replace(high=high)
        return
    addresses = grants[0].addresses
    for grant in grants[1:]:
        addresses = union(addresses, grant.addresses)
    tags = frozenset(tag for grant in grants for tag in grant.tags)
    segments.append(Segment(low, high, grants, SourceSet(addresses, tags)))


def _decide(steps: Sequence[_Step], family: Family, actions: frozenset[Action]) -> tuple[Grant, ...]:
    """The grants on one run of ports.

    A tag that nobody can expand takes nothing away from the addresses, whether it is allowed or denied; it is
    decided itself by the first rule that names it, or when no public address is left undecided.
    """
    undecided = public_space(family)
    decided_tags: set[str] = set()
    grants: list[Grant] = []
    for step in steps:
        if not undecided:
            break
        addresses = intersection(step.addresses, undecided)
        tags = step.tags and frozenset(tag for tag in step.tags if not covers_tag(decided_tags, tag))
        if step.rule.action in actions and (addresses or tags):
            grants.append(Grant(step.rule, addresses, tags or _NO_TAGS))
        undecided = difference(undecided, step.addresses)
        decided_tags |= step.tags
    return tuple(grants)
