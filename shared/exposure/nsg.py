"""Reading a network security group: inbound rules, the defaults Azure always adds, and what it protects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.domain.resource import Resource, UnreadableResourceError
from shared.exposure.security_rule import RuleFields, RuleReader, rule_name

MAX_RULES: Final = 5_000
"""Azure allows 1,000 rules in an NSG (Microsoft Learn, networking limits)."""

_PROTOCOLS: Final = {name: name for name in ("tcp", "udp", "icmp", "esp", "ah", "*")} | {
    "any": "*",
    "all": "*",
}
_ACCESS: Final = {"allow": "allow", "deny": "deny"}
_DIRECTION: Final = {"inbound": "inbound", "outbound": "outbound"}
_WITHOUT_PORTS: Final = frozenset({"icmp", "esp", "ah"})

DEFAULT_RULES: Final = (
    RuleFields("AllowVnetInBound", 65000, "allow", "*", ("*",), ("VirtualNetwork",), ("VirtualNetwork",), ()),
    RuleFields(
        "AllowAzureLoadBalancerInBound", 65001, "allow", "*", ("*",), ("AzureLoadBalancer",), ("*",), ()
    ),
    RuleFields("DenyAllInBound", 65500, "deny", "*", ("*",), ("*",), ("*",), ()),
)
"""Inbound default rules, which nobody can remove (Microsoft Learn, "Network security groups overview")."""

FIRST_DEFAULT_PRIORITY: Final = 65_000


def read_rules(properties: Mapping[str, Any]) -> tuple[RuleFields, ...]:
    """The user's inbound rules of an NSG's `properties` that can decide about a stranger.

    Default rules are not read: they never differ. Neither is a deny that leaves source ports out: senders
    choose theirs.

    Raises:
        ValueError: a rule cannot be read; the message names field and reason.
    """
    return _read(properties, "inbound")


def read_outbound_turned(properties: Mapping[str, Any]) -> tuple[RuleFields, ...]:
    """The user's outbound rules with sources and destinations exchanged.

    What such rules let "in" from an address is what the NSG lets out to it, so that everything that judges
    inbound rules judges outbound ones too.

    Raises:
        ValueError: a rule cannot be read; the message names field and reason.
    """
    return _read(properties, "outbound")


def security_rules(properties: Mapping[str, Any]) -> list[Any]:
    """The list `securityRules` of an NSG's `properties`, empty when null.

    Raises:
        ValueError: not a list, or too long for an NSG.
    """
    rules = properties.get("securityRules")
    if rules is None:
        rules = []
    if not isinstance(rules, list):
        raise ValueError("properties.securityRules: not a list")
    if len(rules) > MAX_RULES:
        raise ValueError(f"properties.securityRules: more than {MAX_RULES} rules")
    return rules


def _read(properties: Mapping[str, Any], direction: str) -> tuple[RuleFields, ...]:
    rules = enumerate(security_rules(properties))
    found = (_read_rule(rule, f"properties.securityRules[{n}]", direction) for n, rule in rules)
    return tuple(rule for rule in found if rule is not None)


def _read_rule(rule: Any, where: str, direction: str) -> RuleFields | None:
    if not isinstance(rule, dict) or not isinstance(rule.get("properties"), dict):
        raise ValueError(f"{where}.properties: not an object")
    reader = RuleReader(rule["properties"], f"{where}.properties")
    if reader.word("direction", _DIRECTION) != direction:
        return None
    protocol, action = reader.word("protocol", _PROTOCOLS), reader.word("access", _ACCESS)
    if reader.leaves_source_ports("sourcePortRange") and action == "deny" and protocol not in _WITHOUT_PORTS:
        return None
    ports = reader.texts("destinationPortRange", "destinationPortRanges")
    if not ports:
        if protocol not in _WITHOUT_PORTS:
            raise reader.refuse("destinationPortRange", "missing, and destinationPortRanges is empty")
        ports = ("*",)
    sources = reader.texts("sourceAddressPrefix", "sourceAddressPrefixes")
    source_groups = reader.references("sourceApplicationSecurityGroups")
    if not sources and not source_groups:
        raise reader.refuse("sourceAddressPrefix", "missing, and no other field names a source")
    destinations = reader.texts("destinationAddressPrefix", "destinationAddressPrefixes")
    groups = reader.references("destinationApplicationSecurityGroups")
    if not destinations and not groups:
        raise reader.refuse("destinationAddressPrefix", "missing, and no other field names a destination")
    found = reader.checked(
        RuleFields(
            name=rule_name(rule.get("name"), where),
            priority=reader.priority(),
            action=action,
            protocol=protocol,
            ports=ports,
            sources=sources,
            destinations=destinations,
            groups=groups,
        )
    )
    if direction == "outbound":
        return found._replace(sources=destinations, destinations=sources, groups=source_groups)
    return found


def project_nsg(resource: Resource) -> dict[str, Any]:
    """The columns of an NSG that decide who gets in: rules, and the subnets and interfaces it names.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it; names the field and the reason.
    """
    try:
        reader = RuleReader(resource.properties, "properties")
        return {
            "kind": "nsg",
            "id": resource.id,
            "rules": [rule.as_json() for rule in read_rules(resource.properties)],
            "subnets": list(reader.references("subnets")),
            "interfaces": list(reader.references("networkInterfaces")),
        }
    except ValueError as error:
        raise UnreadableResourceError(str(error), resource.id, resource.type) from error
