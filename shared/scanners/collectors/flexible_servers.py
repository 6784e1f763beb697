"""Server parameters, firewalls and administrators of flexible servers of PostgreSQL and MySQL."""

from __future__ import annotations

from typing import Final

from shared.scanners.collectors._lists import ArmList

_POSTGRESQL: Final = "Microsoft.DBforPostgreSQL/flexibleServers"
_MYSQL: Final = "Microsoft.DBforMySQL/flexibleServers"
_VERSIONS: Final = {_POSTGRESQL: "2024-08-01", _MYSQL: "2023-12-30"}
"""postgresql/resource-manager/Microsoft.DBforPostgreSQL/stable/2024-08-01 and
mysql/resource-manager/Microsoft.DBforMySQL/.../stable/2023-12-30 of azure-rest-api-specs."""


def _list(server: str, child: str) -> ArmList:
    return ArmList(
        type=f"{server}/{child}".lower(),
        parents=(server.lower(),),
        path=f"/{child}",
        api_version=_VERSIONS[server],
        action=f"{server}/{child}/read",
    )


COLLECTORS: Final = (
    _list(_POSTGRESQL, "configurations"),
    _list(_POSTGRESQL, "firewallRules"),
    _list(_POSTGRESQL, "administrators"),
    _list(_MYSQL, "configurations"),
)
