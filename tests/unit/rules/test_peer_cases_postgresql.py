"""Rules over PostgreSQL servers agree with labelled rows; where not, docs/rules/postgresql.md says why."""

from __future__ import annotations

import pytest

from tests.unit.rules.labelled_rows import Row, agrees, below, never_raises, present, recorded, resource

SERVERS = "Microsoft.DBforPostgreSQL/flexibleServers"
PARAMETERS = {
    "require_secure_transport": "require_secure_transport",
    "log_checkpoints": "log_checkpoints",
    "log_connections": "log_connections",
    "log_disconnections": "log_disconnections",
    "connection_throttling": "connection_throttle.enable",
    "log_retention_days": "logfiles.retention_days",
}


def _rows(found: list[Row]) -> list[Row]:
    (one,) = found
    server = resource(
        SERVERS,
        {
            "authConfig": present(activeDirectoryAuth=one.get("active_directory_auth")),
            "backup": present(geoRedundantBackup=one.get("geo_redundant_backup")),
        },
    )
    administrators = [
        below(server, "administrators", {"principalName": admin["principal_name"]}, admin["object_id"])
        for admin in one["entra_id_admins"]
    ]
    parameters = [
        below(server, "configurations", {"value": one[member]}, name)
        for member, name in PARAMETERS.items()
        if one.get(member) is not None
    ]
    return [server, *administrators, *parameters]


@pytest.mark.parametrize(
    ("check", "rule", "differing"),
    [
        ("connection_throttling_on", "connection_throttling", {}),
        ("entra_id_authentication_enabled", "entra_auth", {}),
        ("geo_redundant_backup_enabled", "geo_backup", {}),
        ("log_checkpoints_on", "log_checkpoints", {}),
        ("log_disconnections_on", "log_disconnections", {}),
        (
            "log_retention_days_greater_3",
            "log_retention",
            {"test_flexible_servers_log_retention_days_8": "PASS"},
        ),
    ],
)
def test_agreement(check: str, rule: str, differing: dict[str, str]) -> None:
    agrees(f"postgresql_flexible_server_{check}", f"postgresql.{rule}", "flexible_servers", _rows, differing)


def test_recorded_resources() -> None:
    never_raises("postgresql", recorded(["microsoft.dbforpostgresql/"]))
