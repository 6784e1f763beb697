"""`sql.audit_retention`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import every_child
from shared.rules.expectations import NOT_APPLICABLE
from shared.rules.packs.sql._audit import is_kept
from shared.rules.packs.sql._kinds import is_of_sql

RULE = every_child(
    RuleMetadata(
        rule_id="sql.audit_retention",
        title="SQL audit kept over 90 days",
        finding_title="SQL audit is off or kept 90 days or less",
        description=(
            "Audit records of a SQL server are not written, or are deleted from their storage account after "
            "90 days or fewer. Zero days keeps them for ever. Records that go only to a workspace or an "
            "event hub are kept as that one says, and are left out."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="SQL_SERVER",
        reads=("microsoft.sql/servers", "microsoft.sql/servers/auditingsettings"),
        references=(
            "https://learn.microsoft.com/rest/api/sql/server-blob-auditing-policies/list-by-server",
            "https://learn.microsoft.com/azure/azure-sql/database/auditing-setup",
        ),
        remediation_steps=(
            "Turn on auditing of the server",
            "Set the retention of the storage destination to 0 (for ever) or to more than 90 days",
        ),
        auto_remediable=False,
    ),
    is_kept,
    none=NOT_APPLICABLE,
    applies=is_of_sql,
)
