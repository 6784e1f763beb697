"""What stops strangers whom one rule of an NSG would let in: the other stage, and its rule, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from shared.domain.exposure import Protocol
from shared.exposure.addresses import Family
from shared.exposure.destinations import Destination, Match
from shared.exposure.first_match import RuleSet
from shared.exposure.intervals import Intervals, contains, intersection
from shared.exposure.network import SubscriptionNetwork
from shared.exposure.path import StageName
from shared.exposure.security_rule import Action, SecurityRule

_MOST_TRIED: Final = 50
"""Receivers asked before giving up on naming what stops; each has its own stages."""


def what_stops(
    network: SubscriptionNetwork, group: str, rule: SecurityRule, protocol: Protocol, ports: Intervals
) -> str | None:
    """The first stage that stops a packet which `rule` lets in on one of `ports`, in words.

    None when no receiver behind the NSG with this key has a way in from the internet on these ports.
    """
    other = None
    for destination, entering, stages in _ways_in(network, group, protocol, ports):
        for name, owner, rules in stages:
            if owner.lower() == group:
                continue
            for port in entering[::2]:
                address = _stranger(rule, destination.family)
                stopper = first_to_match(rules, protocol, port, address, destination)
                if stopper is not None and stopper.action is Action.DENY:
                    return f"{_last_part(owner)} rule '{stopper.name}' ({stopper.priority})"
                other = other or f"{_last_part(owner)} ({name.value})"
    return other


def first_to_match(
    rules: RuleSet, protocol: Protocol, port: int, address: int, destination: Destination
) -> SecurityRule | None:
    """The rule that decides one packet; None when none does. Only what is certain matches."""
    for rule in rules.rules:
        if rule.speaks_of(protocol) is not Match.YES:
            continue
        if protocol is not Protocol.ICMP and not contains(rule.ports, port):
            continue
        if not contains(rule.sources.addresses(destination.family), address):
            continue
        if rule.destinations.match(destination) is Match.YES:
            return rule
    return None


def _stranger(rule: SecurityRule, family: Family) -> int:
    addresses = rule.sources.addresses(family)
    return addresses[0] if addresses else 0


_Stage = tuple[StageName, str, RuleSet]


def _ways_in(
    network: SubscriptionNetwork, group: str, protocol: Protocol, ports: Intervals
) -> Iterator[tuple[Destination, Intervals, list[_Stage]]]:
    """Destinations behind the NSG that have a way in on `ports`, which of them, and the stages on the way."""
    tried = 0
    for key in network.attachment(group).interfaces:
        for arrival, receiver, stages in network.topology.entrances(network.tables.interfaces[key]):
            entering = intersection(arrival.translation.backend(), ports)
            if not entering or protocol not in arrival.protocols:
                continue
            tried += 1
            if tried > _MOST_TRIED:
                return
            rules = {
                StageName.ADMIN_RULES: stages.admin,
                StageName.SUBNET_NSG: stages.subnet,
                StageName.NIC_NSG: stages.nic,
            }
            found = [
                (name, owner, stage)
                for name, owner in receiver.stages.items()
                if isinstance(stage := rules.get(name), RuleSet)
            ]
            yield arrival.destination, entering, found


def _last_part(resource_id: str) -> str:
    return resource_id.rsplit("/", 1)[-1]
