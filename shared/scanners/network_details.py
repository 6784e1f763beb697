"""Parts of the network join that are read beside the resources: rules of services, and admin rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from shared.domain.resource import Resource
from shared.exposure.admin_rules import ADMIN_RULES_TYPE, project_admin_rules
from shared.exposure.sql_firewall import project_sql_firewall
from shared.exposure.web_app import project_web_app_configuration

SQL_FIREWALL_RULES: Final = "microsoft.sql/servers/firewallrules"
WEB_CONFIGURATION: Final = "microsoft.web/sites/config"
SLOT_CONFIGURATION: Final = "microsoft.web/sites/slots/config"
ADMIN_RULES: Final = ADMIN_RULES_TYPE

NETWORK_DETAIL_TYPES: Final = (SQL_FIREWALL_RULES, WEB_CONFIGURATION, SLOT_CONFIGURATION, ADMIN_RULES)
"""What the join reads beside its resources, lower-cased."""


def network_part(resource: Resource) -> dict[str, Any] | None:
    """What a listed resource adds to the join beside its own columns.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it.
    """
    if resource.type in (WEB_CONFIGURATION, SLOT_CONFIGURATION) and resource.name.lower() == "web":
        return project_web_app_configuration(resource)
    return None


def network_part_of_list(kind: str, parent_id: str, rows: Sequence[Any]) -> dict[str, Any] | None:
    """What a list read below a resource adds to the join.

    Raises:
        ValueError: a row cannot be read; the message names field and reason.
    """
    if kind == SQL_FIREWALL_RULES:
        return project_sql_firewall(parent_id, {"value": list(rows)})
    if kind == ADMIN_RULES:
        return project_admin_rules(parent_id, {"value": list(rows)})
    return None
