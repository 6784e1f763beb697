"""`sql.min_tls`.

Absent is no bound: built-in policy 32e6bbec-16b6-44c2-be37-c5b672d103cf takes it for a version below 1.2.
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="sql.min_tls",
        title="SQL refuses TLS below 1.2",
        finding_title="SQL server has no lower bound of TLS 1.2",
        description=(
            "A SQL server does not refuse connections with versions of TLS before 1.2, whose ciphers can be "
            "broken."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="SQL_SERVER",
        reads=("microsoft.sql/servers",),
        references=(
            "https://learn.microsoft.com/rest/api/sql/servers/get",
            "https://learn.microsoft.com/azure/azure-sql/database/connectivity-settings",
        ),
        remediation_steps=(
            "Check that no client needs TLS 1.0 or 1.1",
            "Set the minimal TLS version of the server to 1.2 or later",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.minimalTlsVersion", "1.2", "1.3", absent="None"),
)
