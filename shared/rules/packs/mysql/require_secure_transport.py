"""`mysql.require_secure_transport`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.server_parameters import is_on, server_parameter

RULE = server_parameter(
    RuleMetadata(
        rule_id="mysql.require_secure_transport",
        title="MySQL requires TLS",
        finding_title="MySQL accepts connections without TLS",
        description=(
            "A MySQL server accepts connections that are not encrypted: passwords and data can be read on "
            "the way."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="MYSQL_SERVER",
        reads=("microsoft.dbformysql/flexibleservers", "microsoft.dbformysql/flexibleservers/configurations"),
        references=(
            "https://learn.microsoft.com/rest/api/mysql/flexibleserver/configurations/list-by-server",
            "https://learn.microsoft.com/azure/mysql/flexible-server/how-to-connect-tls-ssl",
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
