"""`logging.alert.delete_nsg`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.logging._alerts import alert_rule, watches_operation

RULE = alert_rule(
    RuleMetadata(
        rule_id="logging.alert.delete_nsg",
        title="An alert watches NSG deletion",
        finding_title="No alert watches NSG deletion",
        description=(
            "No enabled activity log alert of the whole subscription fires on "
            "Microsoft.Network/networkSecurityGroups/delete: network filters can be taken away without "
            "anybody noticing."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="SUBSCRIPTION",
        reads=("microsoft.insights/activitylogalerts",),
        references=(
            "https://learn.microsoft.com/rest/api/monitor/activity-log-alerts/get",
            "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-types",
        ),
        remediation_steps=(
            "Create an activity log alert on Microsoft.Network/networkSecurityGroups/delete",
            "Give it the subscription as its scope, and no narrower condition",
            "Let it notify an action group",
        ),
        auto_remediable=False,
    ),
    watches_operation("Microsoft.Network/networkSecurityGroups/delete"),
    "has no enabled alert on Microsoft.Network/networkSecurityGroups/delete",
)
