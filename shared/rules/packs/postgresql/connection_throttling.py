"""`postgresql.connection_throttling`.

Parameter and value as in built-in policy dacf07fa-0eea-4486-80bc-b93fae88ac40.
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import NOT_APPLICABLE
from shared.rules.server_parameters import is_on, server_parameter

RULE = server_parameter(
    RuleMetadata(
        rule_id="postgresql.connection_throttling",
        title="PostgreSQL throttles failed logins",
        finding_title="PostgreSQL does not throttle failed logins",
        description=(
            "A PostgreSQL server does not slow down addresses that fail to log in again and again. Servers "
            "whose version has no such parameter are left out."
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
            "https://learn.microsoft.com/azure/postgresql/flexible-server/server-parameters-table-customized-options",
        ),
        remediation_steps=("Set the server parameter connection_throttle.enable to ON",),
        auto_remediable=False,
    ),
    "connection_throttle.enable",
    is_on,
    "does not throttle failed logins",
    absent=NOT_APPLICABLE,
)
