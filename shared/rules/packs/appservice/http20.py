"""`appservice.http20`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true, stated
from shared.rules.packs.appservice._site_config import READS, configuration_rule

RULE = configuration_rule(
    RuleMetadata(
        rule_id="appservice.http20",
        title="HTTP/2 is on",
        finding_title="App does not offer HTTP/2",
        description="Clients cannot use HTTP/2: they fall back to HTTP/1.1.",
        severity=Severity.LOW,
        risk_score=15,
        resource_type="APP_SERVICE",
        reads=READS,
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/get-configuration",
            "https://learn.microsoft.com/azure/app-service/configure-common#configure-general-settings",
        ),
        remediation_steps=("Set the HTTP version of the app to 2.0",),
        auto_remediable=False,
    ),
    stated("properties.http20Enabled", is_true("properties.http20Enabled", absent=False)),
)
