"""Azure's own list of the rules in force on an interface, and what becomes of one packet under it.

Source: REST reference "Network Interfaces - List Effective Network Security Groups" (api-version 2024-05-01,
model EffectiveNetworkSecurityGroupListResult): groups with an `association` and `effectiveSecurityRules`, in
which Azure has expanded tags into `expandedSourceAddressPrefix` and `expandedDestinationAddressPrefix`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.exposure import Protocol
from shared.exposure.addresses import PrefixKind, parse_address, parse_prefix
from shared.exposure.intervals import Intervals, contains, ranges
from shared.exposure.ports import parse_ports
from shared.exposure.sources import INTERNET, VIRTUAL_NETWORK

MAX_GROUPS: Final = 50
MAX_RULES: Final = 5_000
"""Azure allows 1,000 rules in a group (Microsoft Learn, networking limits); several may apply."""
SOURCE_PORT: Final = 60_000
"""What a sender uses where no rule cares: a dynamic port (RFC 6335, section 6)."""
_MOST_SOURCE_PORTS: Final = 20
_ANY_PROTOCOL: Final = frozenset(("all", "*", "any"))
_INSIDE: Final = frozenset((VIRTUAL_NETWORK, "azureloadbalancer"))


class NotUnderstoodError(ValueError):
    """An answer that this build cannot judge; the message says what about it."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet to an interface. Addresses as text."""

    protocol: Protocol
    sender: str
    local: str
    port: int


@dataclass(frozen=True, slots=True)
class EffectiveRule:
    """An inbound rule as Azure expanded it."""

    name: str
    priority: int
    allows: bool
    fields: Mapping[str, Any]

    def matches(self, packet: Packet, source_port: int) -> bool:
        """Whether it speaks of a packet.

        Raises:
            NotUnderstoodError: a field has another form, or a tag that Azure did not expand.
        """
        protocol = str(self.fields.get("protocol") or "").lower()
        if protocol not in _ANY_PROTOCOL and protocol != packet.protocol.value:
            return False
        if not contains(self._ports("destination"), packet.port):
            return False
        if not contains(self._ports("source"), source_port):
            return False
        return self._named("source", packet.sender) and self._named("destination", packet.local)

    def source_ports(self) -> Intervals:
        """From which ports it speaks of packets.

        Raises:
            NotUnderstoodError: see `matches`.
        """
        return self._ports("source")

    def _ports(self, side: str) -> Intervals:
        texts = _texts(self.fields, f"{side}PortRange", f"{side}PortRanges")
        try:
            return parse_ports(texts or ("*",))
        except ValueError as error:
            raise NotUnderstoodError(f"rule {self.name}: {side} ports: {error}") from error

    def _named(self, side: str, address: str) -> bool:
        field = f"{side.capitalize()}AddressPrefix"
        written = _texts(self.fields, f"{side}AddressPrefix", f"{side}AddressPrefixes")
        expanded = _texts(self.fields, f"expanded{field}")
        family, number = parse_address(address)
        tags = set[str]()
        for text in (*written, *expanded):
            try:
                prefix = parse_prefix(text)
            except ValueError as error:
                raise NotUnderstoodError(f"rule {self.name}: {side}: {error}") from error
            if prefix.kind is PrefixKind.ANY:
                return True
            if prefix.kind is PrefixKind.TAG:
                tags.add(prefix.tag)
            elif prefix.family == family and prefix.low <= number < prefix.high:
                return True
        if not tags or expanded:
            return False
        if INTERNET in tags and side == "source":
            return True
        if VIRTUAL_NETWORK in tags and side == "destination":
            return True
        if tags <= {*_INSIDE, INTERNET}:
            return False
        raise NotUnderstoodError(f"rule {self.name}: Azure did not say which addresses {min(tags)} has")


@dataclass(frozen=True, slots=True)
class EffectiveGroup:
    """The inbound rules of one group, in the order of their priorities."""

    rules: tuple[EffectiveRule, ...]
    manager: bool
    """Whether it is a network manager's, which NSGs follow."""

    def first(self, packet: Packet, source_port: int) -> EffectiveRule | None:
        """The rule that decides on a packet.

        Raises:
            NotUnderstoodError: a rule before it cannot be judged.
        """
        return next((one for one in self.rules if one.matches(packet, source_port)), None)


@dataclass(frozen=True, slots=True)
class EffectiveRules:
    """Everything in force on one interface."""

    groups: tuple[EffectiveGroup, ...]

    def names(self) -> frozenset[str]:
        """Names of its rules, lower-cased."""
        return frozenset(rule.name.lower() for group in self.groups for rule in group.rules)

    def decision(self, packet: Packet) -> tuple[bool, str]:
        """Whether a packet gets through from some source port, which its sender chooses, and by which rule.

        Raises:
            NotUnderstoodError: it cannot be told.
        """
        denied = ""
        for source_port in self._source_ports():
            allowed, rule = self._from(packet, source_port)
            if allowed:
                return True, rule
            denied = denied or rule
        return False, denied

    def _from(self, packet: Packet, source_port: int) -> tuple[bool, str]:
        allowing, manager_allows = "", False
        for group in sorted(self.groups, key=lambda one: not one.manager):
            rule = group.first(packet, source_port)
            if group.manager and (rule is None or rule.allows):
                manager_allows = manager_allows or rule is not None
                continue
            if rule is None:
                raise NotUnderstoodError("no rule decides on the packet, not even a default one")
            if not rule.allows:
                if manager_allows and not group.manager:
                    raise NotUnderstoodError(
                        "a network manager allows what an NSG denies: whether it always allows is not told"
                    )
                return False, rule.name
            allowing = rule.name
        return True, allowing

    def _source_ports(self) -> Iterator[int]:
        yield SOURCE_PORT
        others = {
            max(low, 1)
            for group in self.groups
            for rule in group.rules
            for low, _ in ranges(rule.source_ports())
            if low > 0
        }
        yield from sorted(others)[:_MOST_SOURCE_PORTS]


def read_effective_rules(answer: Mapping[str, Any]) -> EffectiveRules:
    """The inbound rules of an answer.

    Raises:
        NotUnderstoodError: it has another form, or no NSG in it.
    """
    groups = tuple(_group(one, f"value[{number}]") for number, one in enumerate(_list(answer, "value", "")))
    if len(groups) > MAX_GROUPS or sum(len(one.rules) for one in groups) > MAX_RULES:
        raise NotUnderstoodError("value: more groups or rules than Azure allows")
    if all(one.manager for one in groups):
        raise NotUnderstoodError("no network security group is in force on the interface")
    return EffectiveRules(groups)


def _group(item: Any, where: str) -> EffectiveGroup:
    if not isinstance(item, Mapping):
        raise NotUnderstoodError(f"{where}: not an object")
    association = item.get("association")
    manager = isinstance(association, Mapping) and association.get("networkManager") is not None
    rules = [
        _rule(one, f"{where}.effectiveSecurityRules[{number}]")
        for number, one in enumerate(_list(item, "effectiveSecurityRules", f"{where}."))
    ]
    inbound = (rule for rule in rules if str(rule.fields.get("direction") or "").lower() == "inbound")
    return EffectiveGroup(tuple(sorted(inbound, key=lambda rule: rule.priority)), manager)


def _rule(item: Any, where: str) -> EffectiveRule:
    if not isinstance(item, Mapping):
        raise NotUnderstoodError(f"{where}: not an object")
    priority, access = item.get("priority"), str(item.get("access") or "").lower()
    if not isinstance(priority, int) or isinstance(priority, bool):
        raise NotUnderstoodError(f"{where}.priority: not a number")
    if access not in ("allow", "deny"):
        raise NotUnderstoodError(f"{where}.access: neither Allow nor Deny")
    return EffectiveRule(str(item.get("name") or "")[:200], priority, access == "allow", item)


def _list(owner: Mapping[str, Any], field: str, where: str) -> Sequence[Any]:
    found = owner.get(field) if isinstance(owner, Mapping) else None
    if not isinstance(found, list):
        raise NotUnderstoodError(f"{where}{field}: not a list")
    return found


def _texts(fields: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    found: list[str] = []
    for name in names:
        value = fields.get(name)
        several = value if isinstance(value, list) else [] if value in (None, "") else [value]
        if not all(isinstance(one, str) for one in several):
            raise NotUnderstoodError(f"{name}: not text")
        found += several
    return tuple(found)
