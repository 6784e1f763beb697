"""Settings of Azure SQL servers and databases that no table of Resource Graph has."""

from __future__ import annotations

from typing import Final

from shared.scanners.collectors._lists import ArmList

_SERVERS: Final = "microsoft.sql/servers"
_DATABASES: Final = "microsoft.sql/servers/databases"
_API_VERSION: Final = "2021-11-01"
"""sql/resource-manager/Microsoft.Sql/stable/2021-11-01 of azure-rest-api-specs."""
_ASSESSMENTS_API_VERSION: Final = "2023-08-01"
"""The same folder, stable/2023-08-01: SqlVulnerabilityAssessmentsSettings.json."""


def _of_server(child: str, api_version: str = _API_VERSION) -> ArmList:
    return ArmList(
        type=f"{_SERVERS}/{child.lower()}",
        parents=(_SERVERS,),
        path=f"/{child}",
        api_version=api_version,
        action=f"Microsoft.Sql/servers/{child}/read",
    )


COLLECTORS: Final = (
    _of_server("auditingSettings"),
    _of_server("encryptionProtector"),
    _of_server("securityAlertPolicies"),
    _of_server("vulnerabilityAssessments"),
    _of_server("sqlVulnerabilityAssessments", _ASSESSMENTS_API_VERSION),
    _of_server("administrators"),
    ArmList(
        type=f"{_DATABASES}/transparentdataencryption",
        parents=(_DATABASES,),
        path="/transparentDataEncryption",
        api_version=_API_VERSION,
        action="Microsoft.Sql/servers/databases/transparentDataEncryption/read",
    ),
)
