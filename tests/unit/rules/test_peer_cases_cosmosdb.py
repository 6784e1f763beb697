"""Rules over Cosmos DB accounts agree with labelled rows; where not, docs/rules/cosmosdb.md says why."""

from __future__ import annotations

import pytest

from tests.unit.rules.labelled_rows import Row, agrees, never_raises, present, recorded, resource


def _rows(found: list[Row]) -> list[Row]:
    (one,) = found
    policy = one.get("backup_policy_type")
    # Their model tells of connections only that they are there: approved ones, in Azure's words.
    approved = {"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}
    properties = present(
        minimalTlsVersion=one.get("minimal_tls_version"),
        backupPolicy=None if policy is None else {"type": policy},
        disableLocalAuth=one.get("disable_local_auth"),
        privateEndpointConnections=[approved for _ in one.get("private_endpoint_connections", [])],
    )
    return [resource("Microsoft.DocumentDB/databaseAccounts", properties)]


@pytest.mark.parametrize(
    ("check", "rule", "differing"),
    [
        ("backup_policy_continuous", "continuous_backup", {}),
        ("minimum_tls_version", "min_tls", {"test_fail_no_tls_version": "ERROR"}),
        ("use_private_endpoints", "private_endpoint", {}),
    ],
)
def test_agreement(check: str, rule: str, differing: dict[str, str]) -> None:
    agrees(f"cosmosdb_account_{check}", f"cosmosdb.{rule}", "accounts", _rows, differing)


def test_recorded_resources() -> None:
    never_raises("cosmosdb", recorded(["microsoft.documentdb/"]))
