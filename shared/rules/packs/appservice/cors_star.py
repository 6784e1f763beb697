"""`appservice.cors_star`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import lacks_word
from shared.rules.packs.appservice._site_config import READS, configuration_rule

RULE = configuration_rule(
    RuleMetadata(
        rule_id="appservice.cors_star",
        title="CORS does not allow every origin",
        finding_title="CORS allows every origin",
        description="Any website can call the app from its visitors' browsers and read the answers.",
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="APP_SERVICE",
        reads=READS,
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/get-configuration",
            "https://learn.microsoft.com/azure/app-service/app-service-web-tutorial-rest-api#add-cors-functionality",
        ),
        remediation_steps=("Replace the origin * by the origins of the sites that call the app",),
        auto_remediable=False,
    ),
    lacks_word("properties.cors.allowedOrigins", "*"),
)
