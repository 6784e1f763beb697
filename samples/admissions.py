"""What a single NSG admits, whatever stands behind it: strangers, the rules that let them in, the ports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from samples import truth
from samples.arm import Resource
from samples.shapes import GROUP_PORTS, Group

_REACHES: tuple[truth.Reach, ...] = ("internet", "limited", "azure", "tag")


def strongest_reach(reaches: Iterable[truth.Reach | None]) -> truth.Reach | None:
    """The widest class present, None when there is none."""
    present = set(reaches)
    return next((reach for reach in _REACHES if reach in present), None)


@dataclass(frozen=True, slots=True)
class Admission:
    """What one NSG by itself admits to a port group: how many strangers, through which rules, to which ports.

    `blamed` are the findings' subjects: each rule that admits an internet-sized set by itself, or, where only
    several together do, the first of them. Names are in the order of rule priority.
    """

    reach: truth.Reach
    admitting: tuple[str, ...]
    blamed: tuple[str, ...]
    ports: tuple[int, ...]


class _Opening(NamedTuple):
    """One port that packets to one destination get through to."""

    port: int
    reach: truth.Reach
    packets: list[truth.Delivery]


def _receivers(rules: Sequence[truth.Rule]) -> list[truth.Destination]:
    """Destinations that show what an NSG by itself admits: one nobody names, and each that a rule names."""
    tokens = {token for rule in rules for token in rule.destinations}
    versions = {4} | {
        span[0] for rule in rules for token in rule.sources if (span := truth.address_range(token))
    }
    receivers = [truth.destination(truth.ANY_DESTINATION[version]) for version in sorted(versions)]
    for token in sorted(tokens):
        span = truth.address_range(token)
        if span is not None:
            receivers.append(truth.Destination(span[0], span[1], frozenset()))
    asgs = sorted({asg for rule in rules for asg in rule.destination_asgs})
    receivers += [
        truth.destination(truth.ANY_DESTINATION[version], (asg,)) for version in versions for asg in asgs
    ]
    return receivers


def _admitting(
    packets: Sequence[truth.Delivery], reach: truth.Reach
) -> tuple[list[truth.Rule], list[truth.Rule]]:
    """The rules that let `packets` through with class `reach`, and those of them to blame, by priority."""
    by_rule: dict[truth.Rule, list[truth.Delivery]] = {}
    for packet in packets:
        by_rule.setdefault(packet.rules[0], []).append(packet)
    rules = sorted(by_rule, key=lambda rule: rule.priority)
    if reach == "azure":
        rules = [rule for rule in rules if truth.reach_of(by_rule[rule]) == "azure"]
        return rules, rules
    if reach != "internet":
        return rules, []
    wide = [rule for rule in rules if truth.reach_of(by_rule[rule]) == "internet"]
    return (wide, wide) if wide else (rules, rules[:1])


def _names(rules: Iterable[truth.Rule]) -> tuple[str, ...]:
    return tuple(rule.name for rule in sorted(rules, key=lambda rule: rule.priority))


def _admission(openings: Sequence[_Opening]) -> Admission:
    """One group's openings (at least one), told by the widest class among them."""
    widest = next(reach for reach in _REACHES if any(opening.reach == reach for opening in openings))
    admitting: set[truth.Rule] = set()
    blamed: set[truth.Rule] = set()
    for opening in openings:
        if opening.reach == widest:
            through, guilty = _admitting(opening.packets, widest)
            admitting.update(through)
            blamed.update(guilty)
    ports = tuple(sorted({opening.port for opening in openings}))
    return Admission(widest, _names(admitting), _names(blamed), ports)


def admissions(nsg: Resource) -> dict[Group, Admission]:
    """What the NSG by itself admits over TCP to each judged port group, for at least one destination."""
    rules = truth.inbound_rules(nsg)
    admitted: dict[Group, list[_Opening]] = {}
    for receiver in _receivers(rules):
        arrived = truth.deliveries([rules], receiver)
        for group, ports in GROUP_PORTS.items():
            for port in ports:
                packets = arrived.get(("tcp", port), [])
                reach = truth.reach_of(packets)
                if reach is not None:
                    admitted.setdefault(group, []).append(_Opening(port, reach, packets))
    return {group: _admission(openings) for group, openings in admitted.items()}
