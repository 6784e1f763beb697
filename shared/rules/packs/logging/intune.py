"""`logging.intune`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleScope
from shared.rules.packs.logging._directory import directory_exports

RULE = directory_exports(
    RuleMetadata(
        rule_id="logging.intune",
        title="Intune logs are exported",
        finding_title="Intune logs are not exported",
        description=(
            "Changes to Intune, or its operations such as enrolment and compliance, are exported by no "
            "diagnostic setting: they reach no monitoring."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="DIRECTORY",
        reads=("microsoft.intune/diagnosticsettings",),
        references=(
            "https://learn.microsoft.com/intune/intune-service/fundamentals/review-logs-using-azure-monitor",
        ),
        remediation_steps=("Add AuditLogs and OperationalLogs to a diagnostic setting of Intune",),
        auto_remediable=False,
        scope=RuleScope.DIRECTORY,
    ),
    "AuditLogs",
    "OperationalLogs",
)
