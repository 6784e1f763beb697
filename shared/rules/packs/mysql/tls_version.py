"""`mysql.tls_version`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import every_word_is
from shared.rules.server_parameters import server_parameter

RULE = server_parameter(
    RuleMetadata(
        rule_id="mysql.tls_version",
        title="MySQL refuses TLS below 1.2",
        finding_title="MySQL accepts TLS below 1.2",
        description=("A MySQL server accepts versions of TLS before 1.2, whose ciphers can be broken."),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="MYSQL_SERVER",
        reads=("microsoft.dbformysql/flexibleservers", "microsoft.dbformysql/flexibleservers/configurations"),
        references=(
            "https://learn.microsoft.com/rest/api/mysql/flexibleserver/configurations/list-by-server",
            "https://learn.microsoft.com/azure/mysql/flexible-server/how-to-connect-tls-ssl",
        ),
        remediation_steps=(
            "Check that no client needs TLS 1.0 or 1.1",
            "Set the server parameter tls_version to TLSv1.2, TLSv1.3 or both, and restart the server",
        ),
        auto_remediable=False,
    ),
    "tls_version",
    every_word_is("properties.value", "TLSv1.2", "TLSv1.3"),
    "accepts versions of TLS before 1.2",
)
