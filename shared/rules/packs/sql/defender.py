"""`sql.defender`.

The setting of the server, as built-in policy abfb4388-5bf4-4ad7-ba82-2cd2f41ceae9 reads it.
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import some_child
from shared.rules.expectations import is_one_of
from shared.rules.packs.sql._kinds import is_of_sql

RULE = some_child(
    RuleMetadata(
        rule_id="sql.defender",
        title="Defender for SQL is on",
        finding_title="Defender for SQL is off",
        description=(
            "Microsoft Defender does not watch a SQL server: injection, unusual logins and exfiltration "
            "raise no alert."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="SQL_SERVER",
        reads=("microsoft.sql/servers", "microsoft.sql/servers/securityalertpolicies"),
        references=(
            "https://learn.microsoft.com/rest/api/sql/server-security-alert-policies/list-by-server",
            "https://learn.microsoft.com/azure/defender-for-cloud/defender-for-sql-introduction",
        ),
        remediation_steps=(
            "Enable the plan Azure SQL Databases of Defender for Cloud for the subscription",
            "Or enable Microsoft Defender for SQL on the server",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.state", "Enabled", absent=None),
    "has no threat detection",
    named="default",
    applies=is_of_sql,
)
