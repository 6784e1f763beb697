"""`postgresql.log_retention`.

Three days are the default, and one to seven are allowed:
https://learn.microsoft.com/azure/postgresql/flexible-server/server-parameters-table-log-files
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_at_least, unmet
from shared.rules.server_parameters import server_parameter

RULE = server_parameter(
    RuleMetadata(
        rule_id="postgresql.log_retention",
        title="PostgreSQL logs kept over three days",
        finding_title="PostgreSQL logs kept three days or less",
        description=(
            "A PostgreSQL server deletes its log files after three days or fewer, often before anybody looks "
            "into an incident. Azure allows one to seven days."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="POSTGRESQL_SERVER",
        reads=(
            "microsoft.dbforpostgresql/flexibleservers",
            "microsoft.dbforpostgresql/flexibleservers/configurations",
        ),
        references=(
            "https://learn.microsoft.com/rest/api/postgresql/configurations/list-by-server",
            "https://learn.microsoft.com/azure/postgresql/flexible-server/server-parameters-table-log-files",
        ),
        remediation_steps=(
            "Set the server parameter logfiles.retention_days to 4 or more, at most 7",
            "Export the logs with a diagnostic setting to keep them longer",
        ),
        auto_remediable=False,
    ),
    "logfiles.retention_days",
    is_at_least("properties.value", 4, absent=None),
    "keeps its log files three days or less",
    absent=unmet("three days are the default"),
)
