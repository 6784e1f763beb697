"""`mysql.audit_log_connection`.

CONNECTION_V2 logs the same events, with the error code of failed attempts:
https://learn.microsoft.com/azure/mysql/flexible-server/concepts-audit-logs
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import any_of, contains_word
from shared.rules.server_parameters import server_parameter

RULE = server_parameter(
    RuleMetadata(
        rule_id="mysql.audit_log_connection",
        title="MySQL audits connections",
        finding_title="MySQL does not audit connections",
        description=(
            "The audit log of a MySQL server leaves out connections: guessing of passwords and logins from "
            "strange places leave no trace."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="MYSQL_SERVER",
        reads=("microsoft.dbformysql/flexibleservers", "microsoft.dbformysql/flexibleservers/configurations"),
        references=(
            "https://learn.microsoft.com/rest/api/mysql/flexibleserver/configurations/list-by-server",
            "https://learn.microsoft.com/azure/mysql/flexible-server/concepts-audit-logs",
        ),
        remediation_steps=("Add CONNECTION or CONNECTION_V2 to the server parameter audit_log_events",),
        auto_remediable=False,
    ),
    "audit_log_events",
    any_of(
        contains_word("properties.value", "CONNECTION"), contains_word("properties.value", "CONNECTION_V2")
    ),
    "does not audit connections",
)
