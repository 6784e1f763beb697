"""`sql.entra_admin`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import some_child
from shared.rules.expectations import is_one_of

RULE = some_child(
    RuleMetadata(
        rule_id="sql.entra_admin",
        title="SQL has an Entra administrator",
        finding_title="SQL server has no Entra administrator",
        description=(
            "No Microsoft Entra principal administers a SQL server, so nobody can log in to it with an "
            "identity of the directory: passwords of the database are all there is."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="SQL_SERVER",
        reads=("microsoft.sql/servers", "microsoft.sql/servers/administrators"),
        references=(
            "https://learn.microsoft.com/rest/api/sql/server-azure-ad-administrators/list-by-server",
            "https://learn.microsoft.com/azure/azure-sql/database/authentication-aad-configure",
        ),
        remediation_steps=("Set a Microsoft Entra group as administrator of the server",),
        auto_remediable=False,
        credential=True,
    ),
    is_one_of("properties.administratorType", "ActiveDirectory", absent=None),
    "has no Microsoft Entra administrator",
)
