"""`databricks.diagnostics`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import some_child
from shared.rules.diagnostic_settings import exports_logs

RULE = some_child(
    RuleMetadata(
        rule_id="databricks.diagnostics",
        title="Workspace logs are exported",
        finding_title="Workspace exports no logs",
        description=(
            "No diagnostic setting of a Databricks workspace exports a log: what people and clusters did in "
            "it cannot be reconstructed."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="DATABRICKS_WORKSPACE",
        reads=("microsoft.databricks/workspaces", "microsoft.insights/diagnosticsettings"),
        references=(
            "https://learn.microsoft.com/rest/api/monitor/diagnostic-settings/list",
            "https://learn.microsoft.com/azure/databricks/admin/account-settings/audit-log-delivery",
        ),
        remediation_steps=(
            (
                "Create a diagnostic setting of the workspace that sends its logs to a workspace, storage "
                "account or event hub"
            ),
        ),
        auto_remediable=False,
    ),
    exports_logs,
    "exports no logs",
)
