"""One inbound rule of an NSG or of a security admin configuration: reading it, and its compiled form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from shared.domain.exposure import Protocol
from shared.exposure.destinations import Destinations, Match, parse_destinations
from shared.exposure.intervals import Intervals, difference
from shared.exposure.ports import ALL_PORTS, parse_ports, ports_of
from shared.exposure.sources import Sources, parse_sources

MAX_PREFIXES: Final = 8_000
"""Azure allows 4,000 addresses and ranges in all rules of an NSG (Microsoft Learn, networking limits)."""
_MAX_NAME: Final = 200
_ASSIGNABLE: Final = ports_of(spans=((1, 65_535),))
"""Port 0 is reserved (RFC 6335, section 6): nobody sends from it."""


class Action(StrEnum):
    """What a rule does with the packets it is first to match."""

    ALLOW = "allow"
    DENY = "deny"
    DELIVER = "alwaysallow"
    """Security admin rules only: the packet skips every NSG."""


class RuleFields(NamedTuple):
    """An inbound rule as written: what a projection keeps, and what rule sets are compared by."""

    name: str
    priority: int
    action: str
    protocol: str
    ports: tuple[str, ...]
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    groups: tuple[str, ...]

    def as_json(self) -> list[Any]:
        """The compact JSON form; `from_json` is its inverse."""
        return [
            self.name,
            self.priority,
            self.action,
            self.protocol,
            list(self.ports),
            list(self.sources),
            list(self.destinations),
            list(self.groups),
        ]

    @classmethod
    def from_json(cls, row: Sequence[Any]) -> RuleFields:
        """Read the compact JSON form."""
        name, priority, action, protocol, ports, sources, destinations, groups = row
        return cls(
            name, priority, action, protocol, tuple(ports), tuple(sources), tuple(destinations), tuple(groups)
        )


@dataclass(slots=True, eq=False)
class SecurityRule:
    """A compiled inbound rule, never changed. Compared by identity: a rule set holds each of its rules once.

    Not declared frozen: that makes its making, which is half of compiling an NSG, five times as slow.
    """

    name: str
    priority: int
    action: Action
    protocol: str
    ports: Intervals
    sources: Sources
    destinations: Destinations
    source_words: tuple[str, ...]
    written: SecurityRule | None = None
    """The user's rule, where this is how packets of one known source see it."""

    def speaks_of(self, protocol: Protocol) -> Match:
        """Whether packets of `protocol` are meant.

        A rule for every protocol that names ports may or may not mean ICMP, which has none: not documented.
        """
        if self.protocol == protocol:  # both are text; `.value` takes longer
            return Match.YES
        if self.protocol != "*":
            return Match.NO
        return Match.MAYBE if protocol is Protocol.ICMP and self.ports != ALL_PORTS else Match.YES


def compile_rule(fields: RuleFields) -> SecurityRule:
    """The compiled form of a rule that was read before.

    Raises:
        ValueError: a field cannot be read.
    """
    return SecurityRule(
        name=fields.name,
        priority=fields.priority,
        action=Action(fields.action),
        protocol=fields.protocol,
        ports=parse_ports(fields.ports),
        sources=parse_sources(fields.sources),
        destinations=(
            parse_destinations(fields.destinations, fields.groups)
            if fields.groups
            else parse_destinations(fields.destinations)
        ),
        source_words=fields.sources,
    )


class RuleReader:
    """Reads the fields of one rule's `properties`; every error names the field.

    Args:
        where: path of the object, for messages, such as `securityRules[3].properties`.
    """

    def __init__(self, properties: Mapping[str, Any], where: str) -> None:
        self._properties = properties
        self._where = where

    def refuse(self, field: str, reason: str) -> ValueError:
        """The error for one field."""
        return ValueError(f"{self._where}.{field}: {reason}")

    def word(self, field: str, allowed: Mapping[str, str]) -> str:
        """A field that takes a few words in any case; returns what `allowed` maps the word to."""
        value = self._properties.get(field)
        word = value.strip().lower() if isinstance(value, str) else ""
        if word not in allowed:
            raise self.refuse(field, f"not one of {', '.join(sorted(allowed))}")
        return allowed[word]

    def priority(self) -> int:
        """The rule's priority; lower numbers come first."""
        value = self._properties.get("priority")
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65_535:
            raise self.refuse("priority", "not a whole number between 0 and 65535")
        return value

    def texts(self, singular: str | None, plural: str) -> tuple[str, ...]:
        """The values of a singular field and its plural twin together; null and "" hold nothing."""
        alone = self._properties.get(singular) if singular else None
        if alone and isinstance(alone, str) and not self._properties.get(plural):
            return (alone,)
        found: list[str] = []
        for field in (singular, plural):
            value = self._properties.get(field) if field else None
            if value is None or value == "":
                continue
            values = [value] if isinstance(value, str) else value
            if not isinstance(values, list) or not all(isinstance(item, str) and item for item in values):
                raise self.refuse(field or plural, "not text, or not a list of text")
            found += values
        if len(found) > MAX_PREFIXES:
            raise self.refuse(plural, f"more than {MAX_PREFIXES} entries")
        return tuple(dict.fromkeys(found))

    def leaves_source_ports(self, singular: str | None) -> bool:
        """Whether the rule leaves some source port out.

        Senders choose their source port: a deny that leaves one out stops nobody, and an allow that names
        one lets everybody in.
        """
        texts = self.texts(singular, "sourcePortRanges")
        self.check("sourcePortRange(s)", parse_ports, texts)
        return leaves_source_ports(texts)

    def references(self, field: str) -> tuple[str, ...]:
        """Ids of a list of `{"id": ...}` objects, lower-cased."""
        value = self._properties.get(field)
        if not value:
            return ()
        if not isinstance(value, list) or not all(
            isinstance(item, Mapping) and isinstance(item.get("id"), str) for item in value
        ):
            raise self.refuse(field, "not a list of objects with an id")
        return tuple(item["id"].lower() for item in value)

    def check(self, field: str, parse: Callable[[tuple[str, ...]], object], texts: tuple[str, ...]) -> None:
        """Refuse texts that `parse` does. Its answers are remembered: compiling asks for them again."""
        try:
            parse(texts)
        except ValueError as error:
            raise self.refuse(field, str(error)) from error

    def checked(self, fields: RuleFields) -> RuleFields:
        """`fields` once every part of it is known to compile."""
        self.check("destinationPortRange(s)", parse_ports, fields.ports)
        self.check("sourceAddressPrefix(es)", parse_sources, fields.sources)
        self.check("destinationAddressPrefix(es)", parse_destinations, fields.destinations)
        return fields


def leaves_source_ports(texts: tuple[str, ...]) -> bool:
    """Whether source ports as written leave some port out; none written are all."""
    return bool(texts and difference(_ASSIGNABLE, parse_ports(texts)))


def rule_name(value: Any, where: str) -> str:
    """The name of a rule.

    Raises:
        ValueError: not a short text.
    """
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_NAME:
        raise ValueError(f"{where}.name: not a text of 1 to {_MAX_NAME} characters")
    return value
