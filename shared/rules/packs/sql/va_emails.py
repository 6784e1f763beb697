"""`sql.va_emails`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleStatus
from shared.rules.packs.sql._recipients import has_recipients
from shared.rules.packs.sql._vulnerability import assessment_rule

RULE = assessment_rule(
    RuleMetadata(
        rule_id="sql.va_emails",
        title="Scan reports have recipients",
        finding_title="Scan reports have no recipients",
        description=(
            "Reports of vulnerability scans of a SQL server are sent to nobody by name. The express "
            "configuration has no such setting and is left out."
        ),
        severity=Severity.LOW,
        risk_score=25,
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
        remediation_steps=("Name recipients of scan reports in the settings of vulnerability assessment",),
        auto_remediable=False,
    ),
    has_recipients,
    express=RuleStatus.NOT_APPLICABLE,
)
