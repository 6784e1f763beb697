"""Rules over SQL servers agree with labelled rows; where not, docs/rules/sql.md says why."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.rules.labelled_rows import Row, agrees, below, never_raises, present, recorded, resource

SERVERS = "Microsoft.Sql/servers"


def _server(found: list[Row]) -> tuple[Row, Row]:
    (one,) = found
    reach = present(publicNetworkAccess=one.get("public_network_access") or None)
    return one, resource(SERVERS, reach)


def _audit(found: list[Row]) -> list[Row]:
    one, server = _server(found)
    # Their model keeps no destination; days without storage would mean nothing.
    return [
        server,
        *(
            below(
                server,
                "auditingSettings",
                present(
                    state=policy["state"],
                    retentionDays=policy.get("retention_days", 0),
                    storageEndpoint="https://logs.blob.core.windows.net/",
                ),
                f"policy{number}" if number else "Default",
            )
            for number, policy in enumerate(one["auditing_policies"])
        ),
    ]


def _administrators(found: list[Row]) -> list[Row]:
    one, server = _server(found)
    administrator = one.get("administrators")
    if administrator is None:
        return [server]
    properties = present(administratorType=administrator.get("administrator_type"))
    return [server, below(server, "administrators", properties, "ActiveDirectory")]


def _firewall(found: list[Row]) -> list[Row]:
    one, server = _server(found)
    rules = [
        {"startIpAddress": rule["start_ip_address"], "endIpAddress": rule["end_ip_address"]}
        for rule in one["firewall_rules"]
    ]
    return [
        server,
        *(below(server, "firewallRules", rule, f"rule{number}") for number, rule in enumerate(rules)),
    ]


def _databases(found: list[Row]) -> list[Row]:
    one, server = _server(found)
    rows = [server]
    for database in one["databases"]:
        row = below(server, "databases", {}, database["name"])
        state = (database.get("tde_encryption") or {}).get("status", "Disabled")
        rows += [row, below(row, "transparentDataEncryption", {"state": state}, "current")]
    if "encryption_protector" in one:
        protector = {"serverKeyType": one["encryption_protector"]["server_key_type"]}
        rows.append(below(server, "encryptionProtector", protector, "current"))
    return rows


def _assessment(found: list[Row]) -> list[Row]:
    one, server = _server(found)
    setting = one.get("vulnerability_assessment")
    if setting is None:
        return [server]
    scans = present(emailSubscriptionAdmins=setting["recurring_scans"].get("email_subscription_admins"))
    properties = {"storageContainerPath": setting["storage_container_path"], "recurringScans": scans}
    return [server, below(server, "vulnerabilityAssessments", properties)]


@pytest.mark.parametrize(
    ("check", "rule", "adapt", "differing"),
    [
        ("auditing_enabled", "auditing", _audit, {}),
        ("auditing_retention_90_days", "audit_retention", _audit, {}),
        ("azuread_administrator_enabled", "entra_admin", _administrators, {}),
        ("unrestricted_inbound_access", "firewall_any_ip", _firewall, {}),
        ("tde_encryption_enabled", "tde_on", _databases, {}),
        (
            "tde_encrypted_with_cmk",
            "tde_cmk",
            _databases,
            {
                "test_sql_servers_database_encryption_disabled": "PASS",
                "test_sql_servers_master_disabled_user_database_disabled": "PASS",
            },
        ),
        ("va_emails_notifications_admins_enabled", "va_admin_emails", _assessment, {}),
    ],
)
def test_agreement(check: str, rule: str, adapt: Any, differing: dict[str, str]) -> None:
    agrees(f"sqlserver_{check}", f"sql.{rule}", "sql_servers", adapt, differing)


def test_recorded_resources() -> None:
    never_raises("sql", recorded(["microsoft.sql/"]))
