"""`logging.appservice_http`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import some_child
from shared.rules.diagnostic_settings import exports
from shared.rules.expectations import contains_word, negated

RULE = some_child(
    RuleMetadata(
        rule_id="logging.appservice_http",
        title="App Service HTTP logs are kept",
        finding_title="App Service HTTP log is not exported",
        description=(
            "No diagnostic setting of a web app exports its HTTP log: requests of attackers cannot be found "
            "again. Function apps, standard workflows among them, have no such log and are left out."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="WEB_APP",
        reads=("microsoft.web/sites", "microsoft.insights/diagnosticsettings"),
        references=(
            "https://learn.microsoft.com/rest/api/monitor/diagnostic-settings/list",
            "https://learn.microsoft.com/azure/app-service/troubleshoot-diagnostic-logs",
        ),
        remediation_steps=(
            (
                "Create a diagnostic setting of the app with the category AppServiceHTTPLogs, or the group "
                "allLogs"
            ),
        ),
        auto_remediable=False,
    ),
    exports("AppServiceHTTPLogs", "allLogs"),
    "does not export its HTTP log",
    applies=negated(contains_word("kind", "functionapp"), "a function app has no HTTP log"),
)
