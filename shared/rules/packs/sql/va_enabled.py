"""`sql.va_enabled`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleStatus
from shared.rules.packs.sql._vulnerability import assessment_rule

RULE = assessment_rule(
    RuleMetadata(
        rule_id="sql.va_enabled",
        title="Vulnerability assessment is on",
        finding_title="Vulnerability assessment is off",
        description=(
            "No vulnerability assessment looks at the databases of a SQL server, neither in the express nor "
            "in the classic configuration: open permissions and weak settings stay unseen."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="SQL_SERVER",
        reads=(
            "microsoft.sql/servers",
            "microsoft.sql/servers/vulnerabilityassessments",
            "microsoft.sql/servers/sqlvulnerabilityassessments",
        ),
        references=(
            "https://learn.microsoft.com/rest/api/sql/server-vulnerability-assessments/list-by-server",
            "https://learn.microsoft.com/azure/defender-for-cloud/sql-azure-vulnerability-assessment-overview",
        ),
        remediation_steps=(
            "Enable vulnerability assessment of the server, best in the express configuration",
        ),
        auto_remediable=False,
    ),
    None,
    express=RuleStatus.PASS,
)
