"""`sql.va_recurring`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleStatus
from shared.rules.expectations import is_true
from shared.rules.packs.sql._vulnerability import assessment_rule

RULE = assessment_rule(
    RuleMetadata(
        rule_id="sql.va_recurring",
        title="Vulnerability scans recur",
        finding_title="Vulnerability scans do not recur",
        description=(
            "The databases of a SQL server are not scanned for vulnerabilities again and again. In the "
            "express configuration scans always recur; in the classic one it is a setting."
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
        remediation_steps=("Turn on periodic recurring scans, or move to the express configuration",),
        auto_remediable=False,
    ),
    is_true("properties.recurringScans.isEnabled", absent=False),
    express=RuleStatus.PASS,
)
