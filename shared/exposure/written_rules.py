"""The rules of an NSG as ARM writes them, read once for everything that looks at them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from shared.exposure.destinations import parse_destinations
from shared.exposure.ports import parse_ports
from shared.exposure.security_rule import RuleReader, rule_name
from shared.exposure.sources import parse_sources

MAX_RULES: Final = 5_000
"""Azure allows 1,000 rules in an NSG (Microsoft Learn, networking limits)."""
WITHOUT_PORTS: Final = frozenset({"icmp", "esp", "ah"})

_PROTOCOLS: Final = {name: name for name in ("tcp", "udp", "icmp", "esp", "ah", "*")} | {
    "any": "*",
    "all": "*",
}
_ACCESS: Final = {"allow": "allow", "deny": "deny"}
_DIRECTION: Final = {"inbound": "inbound", "outbound": "outbound"}


class WrittenRule(NamedTuple):
    """A user's rule: words in lower case, prefixes and ports as written and known to be readable."""

    name: str
    priority: int
    direction: str
    action: str
    protocol: str
    source_ports: tuple[str, ...]
    ports: tuple[str, ...]
    sources: tuple[str, ...]
    source_groups: tuple[str, ...]
    destinations: tuple[str, ...]
    destination_groups: tuple[str, ...]


class UnreadableRule(NamedTuple):
    """A rule that is not as ARM documents it; `direction` is None where not even that can be told."""

    direction: str | None
    error: ValueError


class _Latest:
    """The NSG read last: several readers look at one NSG after another."""

    __slots__ = ("read",)

    def __init__(self) -> None:
        self.read: tuple[Mapping[str, Any] | None, tuple[WrittenRule | UnreadableRule, ...]] = (None, ())


_latest: Final = _Latest()


def written_rules(properties: Mapping[str, Any]) -> tuple[WrittenRule | UnreadableRule, ...]:
    """Every rule of an NSG's `properties`, in the order of the list.

    The answer for the object asked about last is remembered: it must not change between two calls.

    Raises:
        ValueError: `securityRules` is not a list, or too long for an NSG.
    """
    of, known = _latest.read
    if of is properties:
        return known
    rules = properties.get("securityRules") or ()
    if not isinstance(rules, list | tuple):
        raise ValueError("properties.securityRules: not a list")
    if len(rules) > MAX_RULES:
        raise ValueError(f"properties.securityRules: more than {MAX_RULES} rules")
    found = tuple(_read(rule, number) for number, rule in enumerate(rules))
    _latest.read = properties, found
    return found


def rules_of(properties: Mapping[str, Any], direction: str) -> list[WrittenRule]:
    """The rules of one direction (`inbound` or `outbound`).

    Raises:
        ValueError: one of them cannot be read; the message names field and reason.
    """
    found = []
    for rule in written_rules(properties):
        if isinstance(rule, UnreadableRule):
            if rule.direction in (None, direction):
                raise rule.error
        elif rule.direction == direction:
            found.append(rule)
    return found


def _read(rule: Any, number: int) -> WrittenRule | UnreadableRule:
    where = f"properties.securityRules[{number}]"
    direction = None
    try:
        if not isinstance(rule, dict) or not isinstance(rule.get("properties"), dict):
            raise ValueError(f"{where}.properties: not an object")
        reader = RuleReader(rule["properties"], f"{where}.properties")
        direction = reader.word("direction", _DIRECTION)
        return _fields(reader, rule_name(rule.get("name"), where), direction)
    except ValueError as error:
        return UnreadableRule(direction, error)


def _fields(reader: RuleReader, name: str, direction: str) -> WrittenRule:
    protocol = reader.word("protocol", _PROTOCOLS)
    action = reader.word("access", _ACCESS)
    source_ports = reader.texts("sourcePortRange", "sourcePortRanges")
    reader.check("sourcePortRange(s)", parse_ports, source_ports)
    ports = reader.texts("destinationPortRange", "destinationPortRanges")
    if not ports and protocol not in WITHOUT_PORTS:
        raise reader.refuse("destinationPortRange", "missing, and destinationPortRanges is empty")
    reader.check("destinationPortRange(s)", parse_ports, ports)
    sources = reader.texts("sourceAddressPrefix", "sourceAddressPrefixes")
    source_groups = reader.references("sourceApplicationSecurityGroups")
    if not sources and not source_groups:
        raise reader.refuse("sourceAddressPrefix", "missing, and no other field names a source")
    reader.check("sourceAddressPrefix(es)", parse_sources, sources)
    destinations = reader.texts("destinationAddressPrefix", "destinationAddressPrefixes")
    groups = reader.references("destinationApplicationSecurityGroups")
    if not destinations and not groups:
        raise reader.refuse("destinationAddressPrefix", "missing, and no other field names a destination")
    reader.check("destinationAddressPrefix(es)", parse_destinations, destinations)
    return WrittenRule(
        name,
        reader.priority(),
        direction,
        action,
        protocol,
        source_ports,
        ports or ("*",),
        sources,
        source_groups,
        destinations,
        groups,
    )
