"""Labelled cases of another scanner over roles and their assignments: our verdict agrees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.unit.rules.corpus import SUBSCRIPTION
from tests.unit.rules.peer_cases import CASES, need, only, rows_of, verdict

Resources = list[dict[str, Any]]
_AUTHORIZATION: Final = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization"
_ROLES: Final = {
    "User Access Administrator": "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
}


def _custom_roles(row: dict[str, Any]) -> Resources:
    return [
        {
            "id": f"{_AUTHORIZATION}/roleDefinitions/{one['id']}",
            "type": "microsoft.authorization/roledefinitions",
            "properties": {
                "roleName": one["name"],
                "type": one["type"],
                "assignableScopes": one["assignable_scopes"],
                "permissions": one["permissions"],
            },
        }
        for one in only(row, "custom_roles").values()
    ]


def _assignments(row: dict[str, Any]) -> Resources:
    roles = {one["id"]: _ROLES[one["name"]] for one in only(row, "roles").values()}
    return [
        {
            "id": f"{_AUTHORIZATION}/roleAssignments/{one['id']}",
            "type": "microsoft.authorization/roleassignments",
            "properties": {
                "roleDefinitionId": f"{_AUTHORIZATION}/roleDefinitions/{roles[one['role_id']]}",
                "principalId": one["agent_id"],
                "principalType": one["agent_type"],
                "scope": f"/subscriptions/{SUBSCRIPTION}",
            },
        }
        for one in only(row, "role_assignments").values()
    ]


EQUIVALENT: Final[dict[str, tuple[str, Callable[[dict[str, Any]], Resources]]]] = {
    "iam_custom_role_has_permissions_to_administer_resource_locks": ("rbac.lock_admin_role", _custom_roles),
    "iam_role_user_access_admin_restricted": ("rbac.user_access_administrator", _assignments),
}
"""Their check -> our rule, and how their row becomes our resources."""

ROWS: Final = rows_of("iam")


def test_every_check_is_known() -> None:
    need(CASES)
    assert {row["check"] for row in ROWS} <= set(EQUIVALENT)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['id']}-{row['case']}")
def test_verdict(row: dict[str, Any]) -> None:
    rule_id, resources = EQUIVALENT[row["check"]]
    assert verdict(rule_id, resources(row)) == row["expected"]
