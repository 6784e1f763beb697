"""`sql.va_admin_emails`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleStatus
from shared.rules.expectations import is_true
from shared.rules.packs.sql._vulnerability import assessment_rule

RULE = assessment_rule(
    RuleMetadata(
        rule_id="sql.va_admin_emails",
        title="Admins get scan reports",
        finding_title="Admins do not get scan reports",
        description=(
            "Reports of vulnerability scans of a SQL server are not sent to the administrators and owners of "
            "the subscription. The express configuration has no such setting and is left out."
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
        remediation_steps=("Turn on 'Also send email notification to admins and subscription owners'",),
        auto_remediable=False,
    ),
    is_true("properties.recurringScans.emailSubscriptionAdmins", absent=False),
    express=RuleStatus.NOT_APPLICABLE,
)
