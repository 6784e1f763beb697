"""`sql.entra_only`.

`azureADOnlyAuthentication` of the administrator says it, so that the list of administrators is the only read:
https://learn.microsoft.com/rest/api/sql/server-azure-ad-administrators/list-by-server
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import some_child
from shared.rules.expectations import is_true

RULE = some_child(
    RuleMetadata(
        rule_id="sql.entra_only",
        title="SQL logins are off",
        finding_title="SQL server accepts SQL logins",
        description=(
            "A SQL server accepts logins with passwords kept in the database, which know neither multifactor "
            "authentication nor conditional access and outlive the people who hold them."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="SQL_SERVER",
        reads=("microsoft.sql/servers", "microsoft.sql/servers/administrators"),
        references=(
            "https://learn.microsoft.com/rest/api/sql/server-azure-ad-administrators/list-by-server",
            "https://learn.microsoft.com/azure/azure-sql/database/authentication-aad-configure",
        ),
        remediation_steps=(
            "Move applications to Microsoft Entra identities",
            "Turn on Microsoft Entra-only authentication",
        ),
        auto_remediable=False,
        credential=True,
    ),
    is_true("properties.azureADOnlyAuthentication", absent=False),
    "accepts SQL logins besides Microsoft Entra",
)
