"""`logging.alert.service_health`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.logging._alerts import alert_rule, watches_service_health

RULE = alert_rule(
    RuleMetadata(
        rule_id="logging.alert.service_health",
        title="An alert watches service health",
        finding_title="No alert watches service health",
        description=(
            "No enabled activity log alert of the whole subscription fires on incidents of Azure services: "
            "outages and security advisories go unseen."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="SUBSCRIPTION",
        reads=("microsoft.insights/activitylogalerts",),
        references=(
            "https://learn.microsoft.com/rest/api/monitor/activity-log-alerts/get",
            "https://learn.microsoft.com/azure/service-health/alerts-activity-log-service-notifications-portal",
        ),
        remediation_steps=(
            "Create a service health alert, scoped to the subscription",
            "Let it notify an action group",
        ),
        auto_remediable=False,
    ),
    watches_service_health,
    "has no enabled alert on service health",
)
