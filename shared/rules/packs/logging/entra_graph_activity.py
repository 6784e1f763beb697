"""`logging.entra_graph_activity`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleScope
from shared.rules.packs.logging._directory import directory_exports

RULE = directory_exports(
    RuleMetadata(
        rule_id="logging.entra_graph_activity",
        title="Graph activity is exported",
        finding_title="Graph activity is not exported",
        description=(
            "No diagnostic setting of the directory exports the log of requests to Microsoft Graph: what "
            "applications and stolen tokens read or changed in it leaves no trace."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="DIRECTORY",
        reads=("microsoft.aadiam/diagnosticsettings",),
        references=(
            "https://learn.microsoft.com/graph/microsoft-graph-activity-logs-overview",
            "https://learn.microsoft.com/entra/identity/monitoring-health/howto-configure-diagnostic-settings",
        ),
        remediation_steps=("Add MicrosoftGraphActivityLogs to a diagnostic setting of Microsoft Entra ID",),
        auto_remediable=False,
        scope=RuleScope.DIRECTORY,
    ),
    "MicrosoftGraphActivityLogs",
)
