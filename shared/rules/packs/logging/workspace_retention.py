"""`logging.workspace_retention`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_at_least
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="logging.workspace_retention",
        title="Workspace keeps logs 90 days or more",
        finding_title="Workspace keeps logs less than 90 days",
        description=(
            "A Log Analytics workspace deletes logs before 90 days are over, often before an intrusion is "
            "found."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="LOG_ANALYTICS_WORKSPACE",
        reads=("microsoft.operationalinsights/workspaces",),
        references=(
            "https://learn.microsoft.com/rest/api/loganalytics/workspaces/get",
            "https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure",
        ),
        remediation_steps=("Set the retention of the workspace to 90 days or more",),
        auto_remediable=False,
    ),
    is_at_least("properties.retentionInDays", 90, absent=None),
)
