"""`cognitive.local_auth`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="cognitive.local_auth",
        title="AI service keys are off",
        finding_title="AI service accepts keys",
        description=(
            "The account accepts its two access keys, which do not expire and name nobody. Entra ID "
            "does without them."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="AI_SERVICE",
        reads=("microsoft.cognitiveservices/accounts",),
        references=(
            "https://learn.microsoft.com/rest/api/aiservices/accountmanagement/accounts/get",
            "https://learn.microsoft.com/azure/ai-services/disable-local-auth",
        ),
        remediation_steps=(
            "Move clients to Entra ID with the Cognitive Services roles",
            "Set disableLocalAuth to true on the account",
        ),
        auto_remediable=False,
        credential=True,
    ),
    is_true("properties.disableLocalAuth", absent=False),
)
