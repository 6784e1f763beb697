"""`appservice.remote_debugging`.

`remoteDebuggingEnabled`: "true if remote debugging is enabled; otherwise, false" (Microsoft.Web 2025-05-01).
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_false
from shared.rules.packs.appservice._site_config import READS, configuration_rule

RULE = configuration_rule(
    RuleMetadata(
        rule_id="appservice.remote_debugging",
        title="Remote debugging is off",
        finding_title="Remote debugging is on",
        description=(
            "Remote debugging opens debugger ports of the app to the internet and lets whoever holds "
            "its credentials read and change the running process."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="APP_SERVICE",
        reads=READS,
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/get-configuration",
            "https://learn.microsoft.com/azure/app-service/configure-common#configure-general-settings",
        ),
        remediation_steps=("Set remote debugging to Off in the general settings of the app",),
        auto_remediable=False,
    ),
    is_false("properties.remoteDebuggingEnabled", absent=False),
)
