"""Rules over MySQL servers agree with labelled rows; where not, docs/rules/mysql.md says why."""

from __future__ import annotations

from tests.unit.rules.labelled_rows import Row, agrees, below, never_raises, recorded, resource


def _rows(found: dict[str, Row]) -> list[Row]:
    (one,) = found.values()
    server = resource("Microsoft.DBforMySQL/flexibleServers", {})
    return [
        server,
        *(
            below(server, "configurations", {"value": parameter["value"]}, name)
            for name, parameter in one["configurations"].items()
        ),
    ]


def test_agreement() -> None:
    check = "mysql_flexible_server_minimum_tls_version_12"
    agrees(
        check, "mysql.tls_version", "flexible_servers", _rows, {"test_mysql_no_tls_configuration": "ERROR"}
    )


def test_recorded_resources() -> None:
    never_raises("mysql", recorded(["microsoft.dbformysql/"]))
