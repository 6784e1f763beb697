"""`mysql.audit_log_enabled`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.server_parameters import is_on, server_parameter

RULE = server_parameter(
    RuleMetadata(
        rule_id="mysql.audit_log_enabled",
        title="MySQL audit log is on",
        finding_title="MySQL audit log is off",
        description=(
            "A MySQL server writes no audit log: nobody can tell afterwards who logged in and what was "
            "changed. It is off unless it is turned on."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="MYSQL_SERVER",
        reads=("microsoft.dbformysql/flexibleservers", "microsoft.dbformysql/flexibleservers/configurations"),
        references=(
            "https://learn.microsoft.com/rest/api/mysql/flexibleserver/configurations/list-by-server",
            "https://learn.microsoft.com/azure/mysql/flexible-server/concepts-audit-logs",
        ),
        remediation_steps=(
            "Set the server parameter audit_log_enabled to ON",
            "Export the log with a diagnostic setting",
        ),
        auto_remediable=False,
    ),
    "audit_log_enabled",
    is_on,
    "writes no audit log",
)
