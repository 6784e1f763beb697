"""Role definitions that may be assigned in a subscription.

`GET /subscriptions/{id}/providers/Microsoft.Authorization/roleDefinitions` (API version 2022-04-01).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from shared.rules.columns import ColumnError, entries_at, text_at, value_at
from shared.rules.resources import ResourceColumns, SubscriptionResources

DEFINITIONS: Final = "microsoft.authorization/roledefinitions"
DEFINITIONS_REFERENCE: Final = "https://learn.microsoft.com/rest/api/authorization/role-definitions/list"
DEFINITION_PATHS: Final = (
    "properties.roleName",
    "properties.type",
    "properties.assignableScopes",
    "properties.permissions[*].actions",
    "properties.permissions[*].notActions",
)


def custom_roles(subject: SubscriptionResources) -> list[ResourceColumns]:
    """The roles that people defined."""
    return [
        one
        for one in subject.of(DEFINITIONS)
        if (text_at(one.columns, "properties.type") or "").lower() == "customrole"
    ]


def role_name(role: ResourceColumns) -> str:
    """What people call it."""
    return text_at(role.columns, "properties.roleName") or role.name


def words_at(columns: Mapping[str, Any], path: str) -> list[str]:
    """A list of text, empty where absent.

    Raises:
        ColumnError: something else stands there.
    """
    value = value_at(columns, path)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ColumnError(f"{path}: not a list of text")
    return value


def grants(role: ResourceColumns, action: str) -> bool:
    """Some permission of the role has the action among `actions` and not among `notActions`.

    `*` in either stands for any text, as Azure matches actions
    (https://learn.microsoft.com/azure/role-based-access-control/role-definitions).
    """
    return any(
        _matched(words_at(one, "actions"), action) and not _matched(words_at(one, "notActions"), action)
        for one in entries_at(role.columns, "properties.permissions")
    )


def _matched(patterns: list[str], action: str) -> bool:
    return any(
        re.fullmatch(re.escape(one).replace(r"\*", ".*"), action, re.IGNORECASE) is not None
        for one in patterns
    )
