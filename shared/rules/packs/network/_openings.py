"""Which rules of an NSG let an internet-sized set of strangers (or all of Azure) to a group of ports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shared.domain.exposure import Protocol, SourceClass, Verdict
from shared.exposure.admission import Admission
from shared.exposure.first_match import Grant
from shared.exposure.intervals import Intervals, intersection, union
from shared.exposure.network import SubscriptionNetwork
from shared.exposure.nsg import FIRST_DEFAULT_PRIORITY
from shared.exposure.path import Decider, Piece
from shared.exposure.reach import Reach, lets_azure_in
from shared.exposure.security_rule import SecurityRule
from shared.exposure.sources import is_azure, is_internet
from shared.exposure.tables import SecurityGroup
from shared.rules.packs.network._port_group import PortGroup


@dataclass(slots=True)
class Opening:
    """A user's rule of an NSG that is to blame for opening ports, as far as the NSG itself says."""

    rule: SecurityRule
    azure_only: bool = False
    """Only `AzureCloud` is let in, not the internet."""
    ports: dict[Protocol, Intervals] = field(default_factory=dict)
    partners: set[SecurityRule] = field(default_factory=set)
    """Rules without which it would not let in enough to count."""

    def add(self, protocol: Protocol, ports: Intervals) -> None:
        """Note more ports that it opens."""
        self.ports[protocol] = union(self.ports.get(protocol, ()), ports)

    def decides(self, piece: Piece) -> bool:
        """Whether the rule, or one that it opens the ports with, lets the piece in."""
        return any(d.rule is self.rule or d.rule in self.partners for d in piece.deciders)

    def reaches(self, candidates: Iterable[Reach]) -> list[Reach]:
        """Those of `candidates` that go through this opening."""
        return [
            reach
            for reach in candidates
            if any(map(self.decides, reach.pieces_on(self.ports.get(reach.protocol, ()))))
        ]


def openings(network: SubscriptionNetwork, key: str, group: SecurityGroup, ports: PortGroup) -> list[Opening]:
    """The openings of one NSG on a group of ports, in the order of the rules' priorities.

    Each rule that lets the internet in by itself is one. Where only several together do, the one with the
    lowest priority number stands for all. Rules whose effect Azure leaves open count where they matter to a
    receiver that was read.
    """
    admitted, reaches = network.admissions(key), network.reaches_through.get(key, ())
    if not admitted and not reaches:
        return []
    found: dict[SecurityRule, Opening] = {}
    for admission in admitted:
        on = ports.on(admission.protocol)
        if on and (on := intersection((admission.low, admission.high), on)):
            for opening in of_admission(admission):
                _merge(found, opening, admission.protocol, on)
    for reach in reaches:
        if reach.verdict is not Verdict.EXPOSED:
            for piece in reach.pieces_on(ports.on(reach.protocol)):
                for opening in _of_uncertain(reach, piece, group):
                    on = intersection((piece.low, piece.high), ports.on(reach.protocol))
                    _merge(found, opening, reach.protocol, on)
    for opening in found.values():
        opening.ports = ports.counted(opening.ports)
    return sorted((one for one in found.values() if one.ports), key=lambda opening: opening.rule.priority)


def _merge(found: dict[SecurityRule, Opening], opening: Opening, protocol: Protocol, on: Intervals) -> None:
    known = found.setdefault(opening.rule, opening)
    if known is not opening:
        if known.azure_only and not opening.azure_only:
            known.azure_only, known.ports = False, {}
        elif opening.azure_only and not known.azure_only:
            return
        known.partners |= opening.partners
    known.add(protocol, on)


def of_admission(admission: Admission) -> list[Opening]:
    """The openings on one run of ports that an NSG admits."""
    users = [grant for grant in admission.grants if grant.rule.priority < FIRST_DEFAULT_PRIORITY]
    if is_internet(admission.sources.addresses, admission.family):
        alone = [grant for grant in users if is_internet(grant.addresses, admission.family)]
        return [Opening(grant.rule) for grant in alone] or _together(users)
    return [Opening(g.rule, azure_only=True) for g in users if any(map(is_azure, g.tags))]


def _together(grants: Sequence[Grant]) -> list[Opening]:
    rules = sorted((g.rule for g in grants if g.addresses), key=lambda rule: rule.priority)
    return [Opening(rules[0], partners=set(rules[1:]))] if rules else []


def _of_uncertain(reach: Reach, piece: Piece, group: SecurityGroup) -> list[Opening]:
    azure_only = reach.source_class is not SourceClass.INTERNET
    if azure_only and not lets_azure_in(piece):
        return []
    return [
        Opening(decider.rule, azure_only) for decider in piece.deciders if _is_users(reach, decider, group)
    ]


def _is_users(reach: Reach, decider: Decider, group: SecurityGroup) -> bool:
    of_group = reach.receiver.stages.get(decider.stage) == group.id
    return of_group and decider.rule.priority < FIRST_DEFAULT_PRIORITY
