"""Key Vault rules against the labelled cases of another scanner, and over recorded vaults."""

from __future__ import annotations

from typing import Any

import pytest

from shared.rules.registry import all_rules
from tests.unit.rules.peer_cases import CASES, RECORDED, arm_id, judge_recorded, need, rows_of, verdict

EQUIVALENT = {
    "keyvault_private_endpoints": "keyvault.private_endpoint",
    "keyvault_recoverable": "keyvault.purge_protection",
}
ROWS = rows_of("keyvault")
VAULT = "Microsoft.KeyVault/vaults"


def vault(found: dict[str, Any]) -> dict[str, Any]:
    """Their vault as Resource Manager writes it. Their connections carry no state: taken for approved."""
    properties = found["properties"]
    connections = [
        {"id": one["id"], "properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}
        for one in properties.get("private_endpoint_connections", ())
    ]
    return {
        "id": arm_id(VAULT, "vault"),
        "type": VAULT,
        "location": found["location"],
        "properties": {
            "tenantId": properties["tenant_id"],
            "enableSoftDelete": properties["enable_soft_delete"],
            "softDeleteRetentionInDays": properties["soft_delete_retention_in_days"],
            "enableRbacAuthorization": properties["enable_rbac_authorization"],
            "enablePurgeProtection": properties.get("enable_purge_protection"),
            "publicNetworkAccess": properties["public_network_access"],
            "privateEndpointConnections": connections or None,
        },
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['id']}-{row['check']}")
def test_agrees(row: dict[str, Any]) -> None:
    vaults = [vault(one) for found in row["input"]["keyvault"]["key_vaults"].values() for one in found]
    assert verdict(EQUIVALENT[row["check"]], vaults) == row["expected"]


def test_every_case_is_compared() -> None:
    need(CASES)
    assert {row["check"] for row in ROWS} == set(EQUIVALENT)


def test_recorded_vaults() -> None:
    need(RECORDED)
    rules = [one.metadata.rule_id for one in all_rules() if one.metadata.service == "keyvault"]
    said = judge_recorded(rules, (VAULT.lower(),))
    assert all(
        statuses and statuses <= {"pass", "fail", "error", "not_applicable"} for statuses in said.values()
    )
    assert said["keyvault.public_network_access"] >= {"pass", "fail"}
    assert said["keyvault.purge_protection"] >= {"fail"}
