"""Container Registry and AI Search: our verdicts on the peer's cases agree."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.rules.peer_rows import GROUP, Equivalent, Facts, ours, rows


def _registry(**properties: Any) -> list[dict[str, Any]]:
    identity = f"{GROUP}/Microsoft.ContainerRegistry/registries/registry"
    return [{"id": identity, "type": "Microsoft.ContainerRegistry/registries", "properties": properties}]


def _connections(facts: Facts) -> list[dict[str, Any]]:
    """Their connections have no state: an approved one is meant."""
    approved = {"privateLinkServiceConnectionState": {"status": "Approved"}}
    return [{"id": one["id"], "properties": approved} for one in facts["private_endpoint_connections"]]


def _search(facts: Facts) -> list[dict[str, Any]]:
    access = facts["public_network_access"]
    word = {True: "enabled", False: "disabled"}.get(access, access)
    identity = f"{GROUP}/Microsoft.Search/searchServices/search"
    return [
        {
            "id": identity,
            "type": "Microsoft.Search/searchServices",
            "properties": {"publicNetworkAccess": word},
        }
    ]


MAPPING = {
    "aisearch_service_not_publicly_accessible": Equivalent("search.public_network_access", _search),
    "containerregistry_admin_user_disabled": Equivalent(
        "acr.admin_user", lambda facts: _registry(adminUserEnabled=facts["admin_user_enabled"])
    ),
    "containerregistry_not_publicly_accessible": Equivalent(
        "acr.public_network_access",
        lambda facts: _registry(publicNetworkAccess=facts["public_network_access"]),
    ),
    "containerregistry_uses_private_link": Equivalent(
        "acr.private_link", lambda facts: _registry(privateEndpointConnections=_connections(facts))
    ),
}


@pytest.mark.parametrize("row", rows(MAPPING))
def test_agrees(row: dict[str, Any]) -> None:
    assert ours(row, MAPPING[row["check"]]) == row["expected"]
