"""`sql.auditing`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import some_child
from shared.rules.expectations import is_one_of
from shared.rules.packs.sql._kinds import is_of_sql

RULE = some_child(
    RuleMetadata(
        rule_id="sql.auditing",
        title="SQL auditing is on",
        finding_title="SQL server does not audit",
        description=(
            "A SQL server records no audit events: nobody can tell afterwards who logged in to its databases "
            "and what was read or changed."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="SQL_SERVER",
        reads=("microsoft.sql/servers", "microsoft.sql/servers/auditingsettings"),
        references=(
            "https://learn.microsoft.com/rest/api/sql/server-blob-auditing-policies/list-by-server",
            "https://learn.microsoft.com/azure/azure-sql/database/auditing-overview",
        ),
        remediation_steps=(
            "Turn on auditing of the server, to a Log Analytics workspace, an event hub or a storage account",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.state", "Enabled", absent=None),
    "does not audit",
    named="default",
    applies=is_of_sql,
)
