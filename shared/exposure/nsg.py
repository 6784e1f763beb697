"""Reading a network security group: inbound rules, the defaults Azure always adds, and what it protects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.domain.resource import Resource, UnreadableResourceError
from shared.exposure.security_rule import RuleFields, RuleReader, leaves_source_ports
from shared.exposure.written_rules import WITHOUT_PORTS, WrittenRule, rules_of

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
    return tuple(
        RuleFields(
            name=rule.name,
            priority=rule.priority,
            action=rule.action,
            protocol=rule.protocol,
            ports=rule.ports,
            sources=rule.sources,
            destinations=rule.destinations,
            groups=rule.destination_groups,
        )
        for rule in rules_of(properties, "inbound")
        if not _stops_nobody(rule)
    )


def read_outbound_turned(properties: Mapping[str, Any]) -> tuple[RuleFields, ...]:
    """The user's outbound rules with sources and destinations exchanged.

    What such rules let "in" from an address is what the NSG lets out to it, so that everything that judges
    inbound rules judges outbound ones too.

    Raises:
        ValueError: a rule cannot be read; the message names field and reason.
    """
    return tuple(
        RuleFields(
            name=rule.name,
            priority=rule.priority,
            action=rule.action,
            protocol=rule.protocol,
            ports=rule.ports,
            sources=rule.destinations,
            destinations=rule.sources,
            groups=rule.source_groups,
        )
        for rule in rules_of(properties, "outbound")
        if not _stops_nobody(rule)
    )


def _stops_nobody(rule: WrittenRule) -> bool:
    """Whether it is a deny that leaves source ports out, which senders then choose."""
    if rule.action != "deny" or rule.protocol in WITHOUT_PORTS:
        return False
    return leaves_source_ports(rule.source_ports)


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
