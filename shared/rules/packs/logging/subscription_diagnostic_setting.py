"""`logging.subscription_diagnostic_setting`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import some_child
from shared.rules.diagnostic_settings import exports_logs

RULE = some_child(
    RuleMetadata(
        rule_id="logging.subscription_diagnostic_setting",
        title="Activity log is exported",
        finding_title="Activity log is not exported",
        description=(
            "No diagnostic setting of a subscription exports its activity log: what was done to its "
            "resources is forgotten after 90 days and reaches no monitoring."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="SUBSCRIPTION",
        reads=("microsoft.resources/subscriptions", "microsoft.insights/diagnosticsettings"),
        references=(
            "https://learn.microsoft.com/rest/api/monitor/subscription-diagnostic-settings/list",
            "https://learn.microsoft.com/azure/azure-monitor/platform/activity-log",
        ),
        remediation_steps=(
            (
                "Create a diagnostic setting of the subscription that sends the activity log to a "
                "workspace, storage account or event hub"
            ),
        ),
        auto_remediable=False,
    ),
    exports_logs,
    "exports no activity log",
)
