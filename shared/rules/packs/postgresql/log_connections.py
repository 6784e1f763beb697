"""`postgresql.log_connections`.

Up to PostgreSQL 17 a flag; from 18 on a list of what is logged, where the empty text stands for nothing:
https://www.postgresql.org/docs/18/runtime-config-logging.html#GUC-LOG-CONNECTIONS
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_none_of
from shared.rules.server_parameters import server_parameter

RULE = server_parameter(
    RuleMetadata(
        rule_id="postgresql.log_connections",
        title="PostgreSQL logs connections",
        finding_title="PostgreSQL does not log connections",
        description=(
            "A PostgreSQL server does not log attempted connections: guessing of passwords and logins from "
            "strange places leave no trace."
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
            "https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-logging",
        ),
        remediation_steps=("Set the server parameter log_connections to ON",),
        auto_remediable=False,
    ),
    "log_connections",
    is_none_of("properties.value", "off", "false", "no", "0", absent="off"),
    "does not log connections",
)
