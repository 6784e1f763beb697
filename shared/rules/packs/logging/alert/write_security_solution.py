"""`logging.alert.write_security_solution`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.logging._alerts import alert_rule, watches_operation

RULE = alert_rule(
    RuleMetadata(
        rule_id="logging.alert.write_security_solution",
        title="An alert watches security solution change",
        finding_title="No alert watches security solution change",
        description=(
            "No enabled activity log alert of the whole subscription fires on "
            "Microsoft.Security/securitySolutions/write: protection can be changed without anybody noticing."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="SUBSCRIPTION",
        reads=("microsoft.insights/activitylogalerts",),
        references=(
            "https://learn.microsoft.com/rest/api/monitor/activity-log-alerts/get",
            "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-types",
        ),
        remediation_steps=(
            "Create an activity log alert on Microsoft.Security/securitySolutions/write",
            "Give it the subscription as its scope, and no narrower condition",
            "Let it notify an action group",
        ),
        auto_remediable=False,
    ),
    watches_operation("Microsoft.Security/securitySolutions/write"),
    "has no enabled alert on Microsoft.Security/securitySolutions/write",
)
