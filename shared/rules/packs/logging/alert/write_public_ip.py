"""`logging.alert.write_public_ip`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.logging._alerts import alert_rule, watches_operation

RULE = alert_rule(
    RuleMetadata(
        rule_id="logging.alert.write_public_ip",
        title="An alert watches public IP change",
        finding_title="No alert watches public IP change",
        description=(
            "No enabled activity log alert of the whole subscription fires on "
            "Microsoft.Network/publicIPAddresses/write: resources can be put on the internet without anybody "
            "noticing."
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
            "Create an activity log alert on Microsoft.Network/publicIPAddresses/write",
            "Give it the subscription as its scope, and no narrower condition",
            "Let it notify an action group",
        ),
        auto_remediable=False,
    ),
    watches_operation("Microsoft.Network/publicIPAddresses/write"),
    "has no enabled alert on Microsoft.Network/publicIPAddresses/write",
)
