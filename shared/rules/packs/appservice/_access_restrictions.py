"""Whether access restrictions let every address of the internet in.

Order, unmatched rule, and what an unset property means: Microsoft Learn, "Azure App Service access
restrictions", https://learn.microsoft.com/azure/app-service/overview-access-restrictions
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.rules.columns import ColumnError, entries_at, text_at, value_at
from shared.rules.packs.appservice._site_config import CONFIG, SITE, config_of
from shared.rules.resources import ResourceColumns, SubscriptionResources
from shared.rules.sentences import plain

ENVIRONMENT: Final = "microsoft.web/hostingenvironments"

_RULE_MEMBERS: Final = (
    "ipAddress",
    "subnetMask",
    "action",
    "tag",
    "priority",
    "headers",
    "vnetSubnetResourceId",
)


def _paths(prefix: str, members: tuple[str, str]) -> tuple[str, ...]:
    rules, default = members
    return (*(f"{prefix}{rules}[*].{member}" for member in _RULE_MEMBERS), f"{prefix}{default}")


MAIN: Final = ("ipSecurityRestrictions", "ipSecurityRestrictionsDefaultAction")
SCM: Final = ("scmIpSecurityRestrictions", "scmIpSecurityRestrictionsDefaultAction")

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    SITE: (
        "properties.publicNetworkAccess",
        "properties.privateEndpointConnections[*].id",
        "properties.hostingEnvironmentProfile.id",
    ),
    CONFIG: (
        "properties.publicNetworkAccess",
        "properties.scmIpSecurityRestrictionsUseMain",
        *_paths("properties.", MAIN),
        *_paths("properties.", SCM),
    ),
    ENVIRONMENT: ("properties.internalLoadBalancingMode",),
}

_LAST: Final = 2_147_483_647
"""The priority of the rule that Azure shows for "every address"."""

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def open_to_all(resources: SubscriptionResources, site: ResourceColumns, *, scm: bool) -> str | None:
    """Why every address gets in, in words; None when it does not.

    Raises:
        ColumnError: it cannot be told.
    """
    web = config_of(resources, site)
    access = text_at(site.columns, "properties.publicNetworkAccess") or text_at(
        web.columns, "properties.publicNetworkAccess"
    )
    if (access or "").lower() == "disabled":
        return None
    members = MAIN
    if scm and value_at(web.columns, "properties.scmIpSecurityRestrictionsUseMain") is not True:
        members = SCM
    why = _let_in(web.columns, *(f"properties.{member}" for member in members))
    if why is None or _internal(resources, site, "publishing" if scm else "web"):
        return None
    if access is None:
        listed = value_at(site.columns, "properties.privateEndpointConnections")
        if listed is None:
            raise ColumnError("properties.publicNetworkAccess: missing, and private endpoints are not listed")
        if listed:
            return None
    return why


def _internal(resources: SubscriptionResources, site: ResourceColumns, part: str) -> bool:
    """Whether the site is in an App Service Environment that serves this part at an internal address."""
    environment = text_at(site.columns, "properties.hostingEnvironmentProfile.id")
    if environment is None:
        return False
    found = resources.find(ENVIRONMENT, environment)
    if found is None:
        reason = resources.doubt(ENVIRONMENT)
        raise ColumnError(reason or f"the App Service Environment of {site.name} was not read")
    mode = text_at(found.columns, "properties.internalLoadBalancingMode") or "None"
    return part in [word.strip().lower() for word in mode.split(",")]


def _let_in(columns: Mapping[str, Any], rules: str, default: str) -> str | None:
    entries = sorted(entries_at(columns, rules), key=_priority)
    allowed: list[_Network] = []
    for rule in entries:
        allow = (text_at(rule, "action") or "Allow").lower() == "allow"
        if rule.get("headers") or text_at(rule, "vnetSubnetResourceId"):
            continue
        found = _sources(rule)
        if not allow:
            if _everyone(found):
                return None
            continue
        allowed += found
        if _everyone(allowed):
            return f"{plain(rules)} allows every address"
    action = text_at(columns, default)
    if action is None:
        return None if entries else f"{plain(rules)} is empty and {plain(default)} is not set"
    return f"{plain(default)} is {action}" if action.lower() == "allow" else None


def _priority(rule: Mapping[str, Any]) -> int:
    value = rule.get("priority")
    return value if isinstance(value, int) and not isinstance(value, bool) else _LAST


def _sources(rule: Mapping[str, Any]) -> list[_Network]:
    """The addresses that a rule names; none for service tags and subnets."""
    text, mask = text_at(rule, "ipAddress"), text_at(rule, "subnetMask")
    tag = (text_at(rule, "tag") or "Default").lower()
    if text is None or tag == "xffproxy":
        return []
    found: list[_Network] = []
    for word in (one.strip() for one in text.split(",")):
        if word.lower() in ("any", "internet"):
            found += [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]
        elif tag != "servicetag" and word.lower() != "anyvnets":
            try:
                found.append(ipaddress.ip_network(f"{word}/{mask}" if mask else word, strict=False))
            except ValueError as error:
                raise ColumnError(f"ipAddress: {word[:60]!r} is no address or range") from error
    return found


def _everyone(networks: Sequence[_Network]) -> bool:
    """Whether the networks together are all of IPv4, or all of IPv6."""
    four = [one for one in networks if isinstance(one, ipaddress.IPv4Network)]
    six = [one for one in networks if isinstance(one, ipaddress.IPv6Network)]
    return any(one.prefixlen == 0 for one in ipaddress.collapse_addresses(four)) or any(
        one.prefixlen == 0 for one in ipaddress.collapse_addresses(six)
    )
