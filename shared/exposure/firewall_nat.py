"""Entry points: destination NAT rules of Azure Firewall (exposure specification, semantics 1e).

The firewall puts an address of its own subnet in place of the client's before it sends packets on (Azure
Network Security blog, "Azure Firewall NAT behaviors"), and its rule says which clients it takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.domain.exposure import Protocol
from shared.exposure.addresses import Family, PrefixKind, parse_address, parse_prefix
from shared.exposure.arrival import Arrival, Door, Translation
from shared.exposure.destinations import Destination
from shared.exposure.intervals import Intervals, contains, from_ranges
from shared.exposure.ports import parse_ports
from shared.exposure.public_ip import PublicIp
from shared.exposure.sources import SourceSet, everybody, parse_sources

FIREWALL_NAT_RULE: Final = "firewall_nat_rule"

NOTE_IP_GROUP: Final = "An IP group that the NAT rule takes its sources from was not read."
NOTE_PARENT: Final = (
    "The NAT rule is of a parent policy: whether those are inherited is not documented alike."
)


@dataclass(frozen=True, slots=True)
class Firewall:
    """An Azure Firewall; `subnet` and `policy` are lower-cased ids."""

    id: str
    subnet: str | None
    """None for a firewall in a virtual hub."""
    policy: str | None
    public_ips: tuple[str, ...]
    hub_addresses: tuple[str, ...]
    rules: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class FirewallPolicy:
    """A firewall policy by lower-cased ids of its rule collection groups and its parent."""

    id: str
    groups: tuple[str, ...]
    parent: str | None


@dataclass(frozen=True, slots=True)
class DestinationNat:
    """One NAT rule of one firewall behind one of its public addresses."""

    id: str
    firewall: Firewall
    entry_point: str
    public_ip: str | None
    protocols: tuple[Protocol, ...]
    translation: Translation
    target: tuple[Family, int] | None
    """The translated address; None when the rule names a host instead."""
    door: Door

    def arrive(self, destination: Destination, doubt: str | None) -> Arrival:
        """The way in by this rule to one receiver; `doubt` says why it may lead elsewhere."""
        door = self.door if doubt is None else Door(self.door.admitted, doubt)
        return Arrival(
            entry_point=self.entry_point,
            public_ip=self.public_ip,
            destination=destination,
            closed_without_nsg=False,
            protocols=self.protocols,
            translation=self.translation,
            via=self.id,
            via_stage=FIREWALL_NAT_RULE,
            door=door,
        )


@dataclass(slots=True)
class FirewallTables:
    """What was read of a subscription's firewalls, by lower-cased ids."""

    firewalls: dict[str, Firewall] = field(default_factory=dict)
    policies: dict[str, FirewallPolicy] = field(default_factory=dict)
    rule_groups: dict[str, tuple[str, tuple[Mapping[str, Any], ...]]] = field(default_factory=dict)
    """Rule collection groups: their policy, and their NAT rules."""
    ip_groups: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, projection: Mapping[str, Any]) -> None:
        """Add what one of the projections of `firewall_rules` gave."""
        key = projection["id"].lower()
        match projection["kind"]:
            case "firewall":
                self.firewalls[key] = Firewall(
                    projection["id"],
                    projection["subnet"],
                    projection["policy"],
                    tuple(projection["public_ips"]),
                    tuple(projection["hub_addresses"]),
                    tuple(projection["rules"]),
                )
            case "firewall_policy":
                groups, parent = tuple(projection["groups"]), projection["parent"]
                self.policies[key] = FirewallPolicy(projection["id"], groups, parent)
            case "rule_collection_group":
                self.rule_groups[key] = projection["policy"], tuple(projection["rules"])
            case _:
                self.ip_groups[key] = tuple(projection["addresses"])

    def translations(self, public_ips: Mapping[str, PublicIp]) -> Iterator[DestinationNat]:
        """Every NAT rule of every firewall, once for each public address that it is behind."""
        by_policy: dict[str, list[Mapping[str, Any]]] = {}
        for policy, rules in self.rule_groups.values():
            by_policy.setdefault(policy, []).extend(rules)
        for firewall in self.firewalls.values():
            own = [(rule, None) for rule in (*firewall.rules, *by_policy.get(firewall.policy or "", ()))]
            known = self.policies.get(firewall.policy or "")
            inherited = by_policy.get(known.parent or "", ()) if known else ()
            for rule, doubt in (*own, *((rule, NOTE_PARENT) for rule in inherited)):
                yield from self._behind_each_address(firewall, rule, doubt, public_ips)

    def _behind_each_address(
        self,
        firewall: Firewall,
        rule: Mapping[str, Any],
        doubt: str | None,
        public_ips: Mapping[str, PublicIp],
    ) -> Iterator[DestinationNat]:
        door = self._door(rule, doubt)
        if not door.admitted.addresses and not door.admitted.tags:
            return
        ports = parse_ports(tuple(rule["ports"]))
        for entry_point, address in _entries(firewall, public_ips):
            if address is None or _names(rule["destinations"], address):
                yield DestinationNat(
                    id=rule["id"],
                    firewall=firewall,
                    entry_point=entry_point,
                    public_ip=address,
                    protocols=tuple(map(Protocol, rule["protocols"])),
                    translation=_translation(ports, rule["port"]),
                    target=_target(rule["address"]),
                    door=door,
                )

    def _door(self, rule: Mapping[str, Any], doubt: str | None) -> Door:
        texts = list(rule["sources"])
        for name in rule["ip_groups"]:
            if name not in self.ip_groups:
                return Door(everybody(4), NOTE_IP_GROUP)
            texts += self.ip_groups[name]
        sources = parse_sources(tuple(texts))
        return Door(SourceSet(sources.ipv4, sources.tags), doubt)

    def dangling(self) -> Iterator[tuple[str, str]]:
        """Who refers to which policy, rule collection group or IP group that was not read."""
        for firewall in self.firewalls.values():
            if firewall.policy is not None and firewall.policy not in self.policies:
                yield firewall.id, firewall.policy
            yield from self._of_rules(firewall.rules)
        for policy in self.policies.values():
            yield from ((policy.id, name) for name in policy.groups if name not in self.rule_groups)
            if policy.parent is not None and policy.parent not in self.policies:
                yield policy.id, policy.parent
        for _, rules in self.rule_groups.values():
            yield from self._of_rules(rules)

    def _of_rules(self, rules: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
        for rule in rules:
            yield from ((rule["id"], name) for name in rule["ip_groups"] if name not in self.ip_groups)


def _entries(firewall: Firewall, public_ips: Mapping[str, PublicIp]) -> Iterator[tuple[str, str | None]]:
    """Entry point and address of every public address of a firewall; None where it was not read."""
    for reference in firewall.public_ips:
        known = public_ips.get(reference.lower())
        yield (known.id, known.address) if known else (reference, None)
    for address in firewall.hub_addresses:
        yield firewall.id, address


def _names(destinations: Iterable[str], address: str) -> bool:
    try:
        family, number = parse_address(address)
    except ValueError:
        return True  # what cannot be compared is not taken for another address
    prefixes = list(map(parse_prefix, destinations))
    spans = [(one.low, one.high) for one in prefixes if one.kind is PrefixKind.RANGE and one.family == family]
    return contains(from_ranges(spans), number) or any(one.kind is PrefixKind.ANY for one in prefixes)


def _translation(ports: Intervals, target: int) -> Translation:
    return Translation(ports, offset=None, target=target)


def _target(text: str | None) -> tuple[Family, int] | None:
    try:
        return parse_address(text) if text is not None else None
    except ValueError:
        return None  # a host name: which address it has is not part of the configuration
