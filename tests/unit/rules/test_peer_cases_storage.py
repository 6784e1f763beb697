"""Storage rules against the labelled cases of another scanner, and over recorded accounts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.rules.peer_cases import CASES, RECORDED, arm_id, judge_recorded, need, rows_of, verdict

EQUIVALENT = {
    "storage_account_key_access_disabled": "storage.shared_key_disabled",
    "storage_blob_public_access_level_is_disabled": "storage.blob_public_access",
    "storage_default_to_entra_authorization_enabled": "storage.default_entra_auth",
    "storage_ensure_encryption_with_customer_managed_keys": "storage.cmk",
    "storage_ensure_minimum_tls_version_12": "storage.min_tls",
    "storage_ensure_private_endpoints_in_storage_accounts": "storage.private_endpoint",
    "storage_geo_redundant_enabled": "storage.geo_redundant",
    "storage_infrastructure_encryption_is_enabled": "storage.infrastructure_encryption",
    "storage_secure_transfer_required_is_enabled": "storage.secure_transfer",
}
ROWS = rows_of("storage")
ACCOUNT = "Microsoft.Storage/storageAccounts"
RULES = (
    "blob_logging",
    "blob_public_access",
    "blob_soft_delete",
    "blob_versioning",
    "cmk",
    "cmk_expiry",
    "container_public_access",
    "container_soft_delete",
    "cross_tenant_replication",
    "default_action_deny",
    "default_entra_auth",
    "delete_lock",
    "file_soft_delete",
    "geo_redundant",
    "infrastructure_encryption",
    "key_rotation_90d",
    "key_rotation_reminder",
    "min_tls",
    "private_endpoint",
    "public_network_access",
    "queue_logging",
    "sas_policy",
    "secure_transfer",
    "sftp_local_users",
    "shared_key_disabled",
    "smb_channel_encryption",
    "smb_version",
    "table_logging",
    "trusted_services",
)


def account(found: dict[str, Any]) -> dict[str, Any]:
    """Their account as Resource Manager writes it. Their connections carry no state: taken for approved."""
    connections = [
        {"id": one["id"], "properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}
        for one in found["private_endpoint_connections"]
    ]
    return {
        "id": arm_id(ACCOUNT, "account"),
        "type": ACCOUNT,
        "location": found["location"],
        "sku": {"name": found["replication_settings"]},
        "properties": {
            "primaryEndpoints": {"blob": "https://account.blob.core.windows.net/"},
            "supportsHttpsTrafficOnly": found["enable_https_traffic_only"],
            "allowBlobPublicAccess": found["allow_blob_public_access"],
            "allowSharedKeyAccess": found["allow_shared_key_access"],
            "allowCrossTenantReplication": found["allow_cross_tenant_replication"],
            "defaultToOAuthAuthentication": found["default_to_entra_authorization"],
            "minimumTlsVersion": found["minimum_tls_version"],
            "encryption": {
                "keySource": found["encryption_type"],
                "requireInfrastructureEncryption": found["infrastructure_encryption"],
            },
            "networkAcls": {
                "bypass": found["network_rule_set"]["bypass"],
                "defaultAction": found["network_rule_set"]["default_action"],
            },
            "privateEndpointConnections": connections,
        },
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['id']}-{row['check']}")
def test_agrees(row: dict[str, Any]) -> None:
    accounts = [
        account(one) for found in row["input"]["storage"]["storage_accounts"].values() for one in found
    ]
    assert verdict(EQUIVALENT[row["check"]], accounts) == row["expected"]


def test_every_case_is_compared() -> None:
    need(CASES)
    assert {row["check"] for row in ROWS} == set(EQUIVALENT)


def test_recorded_accounts_and_services() -> None:
    need(RECORDED)
    below = ("blobservices", "blobservices/containers", "fileservices")
    kinds = (ACCOUNT.lower(), *(f"{ACCOUNT.lower()}/{one}" for one in below))
    said = judge_recorded((f"storage.{name}" for name in RULES), kinds)
    known = {"pass", "fail", "error", "not_applicable"}
    assert all(statuses and statuses <= known for statuses in said.values())
    assert said["storage.secure_transfer"] >= {"pass", "fail"}
    assert said["storage.default_action_deny"] >= {"pass", "fail"}
