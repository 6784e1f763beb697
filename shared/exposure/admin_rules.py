"""Security admin rules of Azure Virtual Network Manager, which are asked before any NSG.

Source: Microsoft Learn, "Security admin rules in Azure Virtual Network Manager": Deny stops, Always allow
delivers past every NSG, Allow and no match go on to the NSGs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.exposure.security_rule import Action, RuleFields, RuleReader, rule_name
from shared.exposure.written_rules import MAX_RULES

_PROTOCOLS: Final = {name: name for name in ("tcp", "udp", "icmp", "esp", "ah", "*")} | {"any": "*"}
_ACCESS: Final = {"allow": "allow", "deny": "deny", "alwaysallow": "alwaysallow"}
_DIRECTION: Final = {"inbound": "inbound", "outbound": "outbound"}

ADMIN_RULES_TYPE: Final = "microsoft.network/virtualnetworks/effectivesecurityadminrules"
"""Our name for what listNetworkManagerEffectiveSecurityAdminRules answers for a virtual network."""

GO_ON: Final = RuleFields("", 65_535, "allow", "*", ("*",), ("*",), ("*",), ())
"""Stands behind the admin rules: a packet that none of them matches goes on to the NSGs."""


def project_admin_rules(virtual_network_id: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The inbound rules of one virtual network from `listNetworkManagerEffectiveSecurityAdminRules`.

    Args:
        answer: the whole answer, `{"value": [{"id", "properties": {...}}, ...]}`.

    Raises:
        ValueError: a rule cannot be read; the message names field and reason.
    """
    rules = answer.get("value")
    if not isinstance(rules, list) or len(rules) > MAX_RULES:
        raise ValueError(f"value: not a list of at most {MAX_RULES} rules")
    found = [_read_rule(rule, f"value[{number}]") for number, rule in enumerate(rules)]
    return {
        "kind": "admin_rules",
        "id": virtual_network_id,
        "rules": [rule.as_json() for rule in found if rule is not None],
    }


def _read_rule(rule: Any, where: str) -> RuleFields | None:
    if not isinstance(rule, Mapping) or not isinstance(rule.get("properties"), Mapping):
        raise ValueError(f"{where}.properties: not an object")
    properties = rule["properties"]
    reader = RuleReader(properties, f"{where}.properties")
    if reader.word("direction", _DIRECTION) == "outbound":
        return None
    action = reader.word("access", _ACCESS)
    if reader.leaves_source_ports(None) and action == Action.DENY:
        return None
    identity = rule.get("id")
    name = identity.rsplit("/", 1)[-1] if isinstance(identity, str) else properties.get("displayName")
    return reader.checked(
        RuleFields(
            name=rule_name(name, where),
            priority=reader.priority(),
            action=action,
            protocol=reader.word("protocol", _PROTOCOLS),
            ports=reader.texts(None, "destinationPortRanges") or ("*",),
            sources=_prefixes(reader, properties, "sources") or ("*",),
            destinations=_prefixes(reader, properties, "destinations") or ("*",),
            groups=(),
        )
    )


def _prefixes(reader: RuleReader, properties: Mapping[str, Any], field: str) -> tuple[str, ...]:
    entries = properties.get(field) or []
    if not isinstance(entries, list) or not all(
        isinstance(entry, Mapping) and isinstance(entry.get("addressPrefix"), str) for entry in entries
    ):
        raise reader.refuse(field, "not a list of objects with an addressPrefix")
    return tuple(entry["addressPrefix"] for entry in entries)
