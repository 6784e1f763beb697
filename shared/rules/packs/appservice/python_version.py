"""`appservice.python_version`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.appservice._runtimes import PYTHON, Runtime, runtime_rule
from shared.rules.packs.appservice._site_config import READS

RULE = runtime_rule(
    RuleMetadata(
        rule_id="appservice.python_version",
        title="Python is supported",
        finding_title="App runs an unsupported version of Python",
        description="The app runs a version of Python that no longer gets security fixes.",
        severity=Severity.LOW,
        risk_score=30,
        resource_type="APP_SERVICE",
        reads=READS,
        references=(
            "https://learn.microsoft.com/azure/app-service/language-support-policy",
            "https://learn.microsoft.com/rest/api/appservice/web-apps/get-configuration",
        ),
        remediation_steps=(
            "Test the app with a supported version of Python",
            "Choose that version in the general settings of the app",
        ),
        auto_remediable=False,
    ),
    Runtime("python", PYTHON, windows="pythonVersion"),
)
