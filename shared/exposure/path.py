"""Putting the stages of a path together: what passes all of them, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

from shared.domain.exposure import Protocol, SourceClass, Verdict
from shared.exposure.addresses import Family
from shared.exposure.destinations import Destination
from shared.exposure.first_match import ALLOWING, Grant, Reading, RuleSet, Segment
from shared.exposure.intervals import Intervals, from_ranges, intersection, ranges
from shared.exposure.ports import ALL_PORTS
from shared.exposure.security_rule import Action, SecurityRule
from shared.exposure.sources import NOBODY, SourceSet, classify, common, everybody, joined


class StageName(StrEnum):
    """Stages with rules, in the order that packets meet them."""

    ADMIN_RULES = "admin_rules"
    SUBNET_NSG = "subnet_nsg"
    NIC_NSG = "nic_nsg"
    LONE_NSG = "network_security_group"
    """An NSG judged by itself, attached to nothing."""
    SERVICE_FIREWALL = "service_firewall"
    """The network rules of a platform service's own endpoint."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Stands for a stage whose rules exist but could not be read."""


UNREAD: Final = Unread()


@dataclass(frozen=True, slots=True)
class Stages:
    """What stands between an entry point and a receiver. None: there is no such stage."""

    admin: RuleSet | Unread | None = None
    """Unread ones may stop anything; that they may also deliver past every NSG is left out."""
    subnet: RuleSet | Unread | None = None
    nic: RuleSet | Unread | None = None
    closed_without_nsg: bool | None = True
    """Standard addresses are closed where no NSG is, Basic ones open; None: the SKU is not known."""
    default_route: bool = False
    """A default route may put 0.0.0.0/0 into the VirtualNetwork tag."""

    def nsgs(self) -> list[tuple[StageName, RuleSet | Unread]]:
        """The NSG stages there are."""
        both = ((StageName.SUBNET_NSG, self.subnet), (StageName.NIC_NSG, self.nic))
        return [(name, rules) for name, rules in both if rules is not None]


class Decider(NamedTuple):
    """A rule that lets something through at a stage."""

    stage: StageName
    rule: SecurityRule


class Piece(NamedTuple):
    """A run of ports `low..high-1`, who gets through on it, and the rules that let them."""

    low: int
    high: int
    sources: SourceSet
    deciders: tuple[Decider, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one class of sources reaches, with one verdict, on one protocol. Ports are the receiver's."""

    verdict: Verdict
    source_class: SourceClass
    pieces: tuple[Piece, ...]
    note: str | None

    @property
    def ports(self) -> Intervals:
        """All ports of the judgement; every port for ICMP, which has none."""
        return from_ranges((piece.low, piece.high) for piece in self.pieces)


_DELIVERING: Final = frozenset({Action.DELIVER})
_NOT_STOPPING: Final = frozenset({Action.DELIVER, Action.ALLOW})
"""What surely is not stopped by admin rules needs the NSGs only where it may not be delivered past them."""

RANK: Final = {
    None: 0,
    SourceClass.TAG: 1,
    SourceClass.AZURE: 1,
    SourceClass.LIMITED: 2,
    SourceClass.INTERNET: 3,
}
"""How much a class of sources is, from nobody to the internet."""

NOTE_UNREAD: Final = "A network security group on the path could not be read; this is what the others let in."
NOTE_ADMIN_UNREAD: Final = (
    "The security admin rules of the virtual network could not be read "
    "(Microsoft.Network/virtualNetworks/listNetworkManagerEffectiveSecurityAdminRules/action); a network "
    "manager may stop this."
)
NOTE_NO_NSG: Final = (
    "A security admin rule always allows this, and no network security group is on the path of a Standard "
    "address: Azure does not document which of the two wins."
)
NOTE_SKU: Final = "The SKU of the public address is not known: a Basic one is open where no NSG is."
NOTE_ICMP: Final = "Whether a rule for every protocol that names ports matches ICMP is not documented."
NOTE_LITERAL: Final = "Whether 0.0.0.0/0 matches IPv6 is not documented."
NOTE_TAG: Final = "Whether the service tag of a rule's destination holds this address is not known."
NOTE_ROUTE: Final = (
    "The subnet has a default route to a next hop, which can put 0.0.0.0/0 into the VirtualNetwork tag; "
    "replies may leave by that hop. Compare the effective security rules of the interface."
)


def judge(
    stages: Stages, destination: Destination, protocol: Protocol, entering: Intervals = ALL_PORTS
) -> tuple[Judgement, ...]:
    """Who reaches `destination` on the ports of `entering` (backend ports), by class and verdict.

    A class is `exposed` when it gets through under every reading of what Azure leaves open, `unverified` when
    it does so under some, `possible` when it takes a default route in the VirtualNetwork tag.
    """
    certain = passing(stages, destination, protocol, entering, Reading.CERTAIN)
    generous = certain
    if _may_differ(stages, destination, protocol):
        generous = passing(stages, destination, protocol, entering, Reading.GENEROUS)
    judgements = [*by_class(Verdict.EXPOSED, certain, destination.family, None)]
    if generous != certain:
        more = _beyond(generous, certain, destination.family)
        note = _doubt(stages, destination, protocol)
        judgements += by_class(Verdict.UNVERIFIED, more, destination.family, note)
    if stages.default_route:
        routed = passing(stages, destination, protocol, entering, Reading.ROUTED)
        more = _beyond(routed, generous, destination.family)
        judgements += by_class(Verdict.POSSIBLE, more, destination.family, NOTE_ROUTE)
    return tuple(judgements)


def _may_differ(stages: Stages, destination: Destination, protocol: Protocol) -> bool:
    """Whether the readings can let different packets through; nearly never, so that one is enough."""
    nsgs = stages.nsgs()
    return (
        stages.admin is not None
        or not nsgs
        or any(isinstance(one, Unread) or one.leaves_open(protocol, destination) for _, one in nsgs)
    )


def certainly_open(stages: Stages, destination: Destination, protocol: Protocol) -> Judgement | None:
    """What the internet surely reaches on every port, but for admin rules not read; None when nothing."""
    if isinstance(stages.admin, Unread):
        stages = replace(stages, admin=None)
    pieces = passing(stages, destination, protocol, ALL_PORTS, Reading.CERTAIN)
    for judgement in by_class(Verdict.EXPOSED, pieces, destination.family, None):
        if judgement.source_class is SourceClass.INTERNET:
            return judgement
    return None


def passing(
    stages: Stages, destination: Destination, protocol: Protocol, entering: Intervals, reading: Reading
) -> tuple[Piece, ...]:
    """Who passes every stage under one reading."""
    family = destination.family
    start = [Piece(low, high, everybody(family), ()) for low, high in ranges(entering)]
    admitted, delivered = start, list[Piece]()
    if isinstance(stages.admin, Unread):
        admitted = [] if reading is Reading.CERTAIN else start
    elif stages.admin is not None:
        at = (StageName.ADMIN_RULES, stages.admin)
        delivered = _through(start, at, destination, protocol, reading, _DELIVERING)
        goes_on = _NOT_STOPPING if reading is Reading.CERTAIN else ALLOWING
        admitted = _through(start, at, destination, protocol, reading, goes_on)
    nsgs = stages.nsgs()
    for name, rules in nsgs:
        if isinstance(rules, RuleSet):
            admitted = _through(admitted, (name, rules), destination, protocol, reading)
        elif reading is Reading.CERTAIN:
            admitted = []
    generous = reading is not Reading.CERTAIN
    if not nsgs:
        closed = stages.closed_without_nsg
        if closed or (closed is None and not generous):
            admitted = []
            delivered = delivered if generous else []
    elif not any(isinstance(rules, RuleSet) for _, rules in nsgs):
        admitted = []
    return tuple(_either(admitted, delivered) if delivered else admitted)


def _through(
    pieces: Sequence[Piece],
    stage: tuple[StageName, RuleSet],
    destination: Destination,
    protocol: Protocol,
    reading: Reading,
    actions: frozenset[Action] = ALLOWING,
) -> list[Piece]:
    """What of `pieces` the rules of one stage with these actions let through."""
    if not pieces:
        return []
    name, rules = stage
    segments = rules.segments(protocol, destination, reading, actions)
    passed: list[Piece] = []
    first = 0
    for piece in pieces:
        while first < len(segments) and segments[first].high <= piece.low:
            first += 1
        for segment in segments[first:]:
            if segment.low >= piece.high:
                break
            met = _meet(piece, name, segment, destination.family)
            if met is not None:
                passed.append(met)
    return passed


def _meet(piece: Piece, name: StageName, segment: Segment, family: Family) -> Piece | None:
    sources = common(piece.sources, segment.sources, family)
    if sources == NOBODY:
        return None
    deciders = (
        Decider(name, grant.rule)
        for grant in segment.grants
        if grant.rule.name and _contributes(grant, sources)
    )
    low, high = max(piece.low, segment.low), min(piece.high, segment.high)
    return Piece(low, high, sources, (*piece.deciders, *deciders))


def _contributes(grant: Grant, sources: SourceSet) -> bool:
    return bool(
        intersection(grant.addresses, sources.addresses) or grant.tags or (sources.tags and grant.addresses)
    )


def _either(left: Sequence[Piece], right: Sequence[Piece]) -> list[Piece]:
    """Who passes one of two ways, by runs of ports that both tell apart."""
    bounds = sorted({bound for piece in (*left, *right) for bound in (piece.low, piece.high)})
    merged: list[Piece] = []
    for low, high in pairwise(bounds):
        here = [piece for piece in (*left, *right) if piece.low <= low < piece.high]
        if here:
            sources = here[0].sources
            for piece in here[1:]:
                sources = joined(sources, piece.sources)
            deciders = tuple(dict.fromkeys(decider for piece in here for decider in piece.deciders))
            merged.append(Piece(low, high, sources, deciders))
    return merged


def _beyond(wider: Sequence[Piece], narrower: Sequence[Piece], family: Family) -> list[Piece]:
    """Pieces of `wider` whose class is larger than the one `narrower` has on the same ports."""
    bounds = {bound for piece in (*wider, *narrower) for bound in (piece.low, piece.high)}
    cuts = sorted(bounds)
    more: list[Piece] = []
    for low, high in pairwise(cuts):
        big = next((piece for piece in wider if piece.low <= low < piece.high), None)
        small = next((piece for piece in narrower if piece.low <= low < piece.high), None)
        known = classify(small.sources, family) if small else None
        if big and RANK[classify(big.sources, family)] > RANK[known]:
            more.append(big._replace(low=low, high=high))
    return more


def by_class(verdict: Verdict, pieces: Iterable[Piece], family: Family, note: str | None) -> list[Judgement]:
    """One judgement for each class of sources among the pieces."""
    grouped: dict[SourceClass, list[Piece]] = {}
    for piece in pieces:
        source_class = classify(piece.sources, family)
        if source_class is not None:
            grouped.setdefault(source_class, []).append(piece)
    return [Judgement(verdict, name, tuple(found), note) for name, found in grouped.items()]


def _doubt(stages: Stages, destination: Destination, protocol: Protocol) -> str:
    """Why the generous reading lets more in than the certain one."""
    nsgs = stages.nsgs()
    if any(isinstance(rules, Unread) for _, rules in nsgs):
        return NOTE_UNREAD
    if isinstance(stages.admin, Unread):
        return NOTE_ADMIN_UNREAD
    if not nsgs:
        return NOTE_SKU if stages.closed_without_nsg is None else NOTE_NO_NSG
    if protocol is Protocol.ICMP:
        return NOTE_ICMP
    return NOTE_LITERAL if destination.family == 6 else NOTE_TAG
