"""`postgresql.log_checkpoints`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.server_parameters import is_on, server_parameter

RULE = server_parameter(
    RuleMetadata(
        rule_id="postgresql.log_checkpoints",
        title="PostgreSQL logs checkpoints",
        finding_title="PostgreSQL does not log checkpoints",
        description=(
            "A PostgreSQL server does not log its checkpoints, which are needed to understand slow or lost "
            "writes."
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
        remediation_steps=("Set the server parameter log_checkpoints to ON",),
        auto_remediable=False,
    ),
    "log_checkpoints",
    is_on,
    "does not log checkpoints",
)
