"""`appservice.java_version`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.appservice._runtimes import JAVA, Runtime, runtime_rule
from shared.rules.packs.appservice._site_config import READS

RULE = runtime_rule(
    RuleMetadata(
        rule_id="appservice.java_version",
        title="Java is supported",
        finding_title="App runs an unsupported version of Java",
        description=(
            "The app runs a version of Java that no longer gets security fixes. Supported are the "
            "long-term releases that App Service maintains, not only the latest."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="APP_SERVICE",
        reads=READS,
        references=(
            "https://learn.microsoft.com/azure/app-service/language-support-policy",
            "https://learn.microsoft.com/rest/api/appservice/web-apps/get-configuration",
        ),
        remediation_steps=(
            "Test the app with a supported long-term release of Java",
            "Choose that version in the general settings of the app",
        ),
        auto_remediable=False,
    ),
    Runtime("java", JAVA, windows="javaVersion"),
)
