"""Firewall rules of an Azure SQL server, which ARM lists for each server.

Source: Microsoft Learn, "Azure SQL Database server-level IP firewall rules": 0.0.0.0 to 0.0.0.0 stands for
every Azure customer's addresses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.exposure.addresses import parse_address
from shared.exposure.platform_services import SQL
from shared.exposure.security_rule import RuleFields, rule_name
from shared.exposure.service import allow, service_rules
from shared.exposure.sources import parse_sources

MAX_RULES: Final = 5_000
"""Azure allows 256 server-level rules."""
_NO_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - the marker of a rule, not an address to listen on


def project_sql_firewall(server_id: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The rules of one server from `servers/{name}/firewallRules`.

    Args:
        answer: the whole answer, `{"value": [{"name", "properties": {"startIpAddress", "endIpAddress"}}]}`.

    Raises:
        ValueError: a rule cannot be read; the message names field and reason.
    """
    rules = answer.get("value")
    if not isinstance(rules, list) or len(rules) > MAX_RULES:
        raise ValueError(f"value: not a list of at most {MAX_RULES} rules")
    return service_rules(server_id, [_rule(rule, f"value[{number}]") for number, rule in enumerate(rules)])


def _rule(rule: Any, where: str) -> RuleFields:
    if not isinstance(rule, Mapping) or not isinstance(rule.get("properties"), Mapping):
        raise ValueError(f"{where}.properties: not an object")
    bounds = [rule["properties"].get(field) for field in ("startIpAddress", "endIpAddress")]
    if not all(isinstance(bound, str) for bound in bounds):
        raise ValueError(f"{where}.properties.startIpAddress: it or endIpAddress is not text")
    first, last = bounds
    try:
        for bound in bounds:
            parse_address(bound)
        source = "AzureCloud" if first == last == _NO_ADDRESS else f"{first}-{last}"
        parse_sources((source,))
    except ValueError as error:
        raise ValueError(f"{where}.properties.startIpAddress to endIpAddress: {error}") from error
    return allow(rule_name(rule.get("name"), where), [source], [SQL])
