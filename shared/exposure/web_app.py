"""Access restrictions of App Service apps.

Source: Microsoft Learn, "Azure App Service access restrictions": rules are asked in the order of their
priority, and once there is one, what none matches is denied, unless the default action says otherwise.
Inventories leave the rules out of an app's own properties, so they are read from its configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.domain.resource import Resource
from shared.exposure.arm_reader import ArmReader
from shared.exposure.platform_services import HTTP, HTTPS
from shared.exposure.security_rule import RuleFields
from shared.exposure.service import (
    allow,
    perimeter_doubt,
    project_service,
    public_access,
    rule_of_service,
    service_rules,
)
from shared.exposure.sources import parse_sources

NOTE_CONFIGURATION: Final = (
    "The app's access restrictions were not read; without them everybody is supposed to be let in."
)
NOTE_ENVIRONMENT: Final = "The app runs in an App Service Environment, which may have no public address."
NOTE_PRIVATE: Final = (
    "publicNetworkAccess is not set and the app has private endpoints, which can close the public one."
)

_LAST_PRIORITY: Final = 2_147_483_647
"""Azure shows the default action as a rule with this priority."""
_PORTS: Final = (HTTP, HTTPS)


def project_web_app(resource: Resource) -> dict[str, Any]:
    """Who reaches an app, or a deployment slot of one.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it; names the field and the reason.
    """
    reader, properties = ArmReader(resource), resource.properties
    configuration = properties.get("siteConfig") or {}
    if not isinstance(configuration, Mapping):
        raise reader.refuse("properties.siteConfig", "not an object")
    known = isinstance(configuration.get("ipSecurityRestrictions"), list)
    rules = _rules(reader, configuration, "properties.siteConfig") if known else [allow("", ["*"], _PORTS)]
    access, state = public_access(resource), properties.get("state")
    return project_service(
        resource,
        rules,
        doubt=_doubt(properties, access),
        awaits=None if known else NOTE_CONFIGURATION,
        closed=access == "disabled",
        state=state.lower() if isinstance(state, str) and state else None,
    )


def _doubt(properties: Mapping[str, Any], access: str) -> str | None:
    if properties.get("hostingEnvironmentProfile") is not None:
        return NOTE_ENVIRONMENT
    if not access and properties.get("privateEndpointConnections"):
        return NOTE_PRIVATE
    return perimeter_doubt(access)


def project_web_app_configuration(app: Resource) -> dict[str, Any]:
    """The rules of one app from its configuration (`Microsoft.Web/sites/config` named `web`).

    Args:
        app: the configuration: its `properties`, with the id `.../sites/{name}/config/web`.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it; names the field and the reason.
    """
    closed = public_access(app) == "disabled"
    rules = [] if closed else _rules(ArmReader(app), app.properties, "properties")
    return service_rules(app.id.rsplit("/config/", 1)[0], rules)


def _rules(reader: ArmReader, configuration: Mapping[str, Any], path: str) -> list[RuleFields]:
    rules = []
    for where, item in reader.items(configuration, "ipSecurityRestrictions", path):
        rule = _rule(reader, item, where)
        if rule is not None:
            rules.append(rule)
    default = str(configuration.get("ipSecurityRestrictionsDefaultAction") or "").lower()
    if default not in ("", "allow", "deny"):
        raise reader.refuse(f"{path}.ipSecurityRestrictionsDefaultAction", "not Allow or Deny")
    if default == "allow" or (not default and not configuration.get("ipSecurityRestrictions")):
        name = "ipSecurityRestrictionsDefaultAction" if default else ""
        rules.append(rule_of_service(name, _LAST_PRIORITY, "allow", ["*"], _PORTS))
    return rules


def _rule(reader: ArmReader, item: Mapping[str, Any], where: str) -> RuleFields | None:
    """One restriction; None for a Deny that asks for headers too, since it may not match."""
    action = str(item.get("action") or "allow").lower()
    if action not in ("allow", "deny"):
        raise reader.refuse(f"{where}.action", "not Allow or Deny")
    if action == "deny" and item.get("headers"):
        return None
    priority = item.get("priority", _LAST_PRIORITY)
    if isinstance(priority, bool) or not isinstance(priority, int):
        raise reader.refuse(f"{where}.priority", "not a whole number")
    sources: list[str] = []
    if item.get("ipAddress"):
        sources = [part.strip() for part in reader.text(item, "ipAddress", where).split(",")]
    elif not item.get("vnetSubnetResourceId"):
        raise reader.refuse(f"{where}.ipAddress", "missing, and vnetSubnetResourceId is empty")
    try:
        parse_sources(tuple(sources))
    except ValueError as error:
        raise reader.refuse(f"{where}.ipAddress", str(error)) from error
    name = item.get("name")
    return rule_of_service(
        name if isinstance(name, str) and name else "rule", priority, action, sources, _PORTS
    )
