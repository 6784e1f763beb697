"""`postgresql.require_secure_transport`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.server_parameters import is_on, server_parameter

RULE = server_parameter(
    RuleMetadata(
        rule_id="postgresql.require_secure_transport",
        title="PostgreSQL requires TLS",
        finding_title="PostgreSQL accepts connections without TLS",
        description=(
            "A PostgreSQL server accepts connections that are not encrypted: passwords and data can be read "
            "on the way."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="POSTGRESQL_SERVER",
        reads=(
            "microsoft.dbforpostgresql/flexibleservers",
            "microsoft.dbforpostgresql/flexibleservers/configurations",
        ),
        references=(
            "https://learn.microsoft.com/rest/api/postgresql/configurations/list-by-server",
            "https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-networking-ssl-tls",
        ),
        remediation_steps=(
            "Move clients that connect without TLS to it",
            "Set the server parameter require_secure_transport to ON",
        ),
        auto_remediable=False,
    ),
    "require_secure_transport",
    is_on,
    "accepts connections without TLS",
)
