"""`compute.endpoint_protection`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.compute._endpoint_protection import ASSESSMENT, ASSESSMENT_PATHS, judge_protection
from shared.rules.packs.compute._machines import MACHINE
from shared.rules.related_rule import RelatedRule

RULE = RelatedRule(
    RuleMetadata(
        rule_id="compute.endpoint_protection",
        title="VM has endpoint protection",
        finding_title="VM has no endpoint protection",
        description=(
            "Defender for Cloud finds no endpoint detection and response solution on the machine. Where "
            "it has not assessed the machine, that cannot be judged."
        ),
        severity=Severity.HIGH,
        risk_score=72,
        resource_type="VIRTUAL_MACHINE",
        reads=(MACHINE, ASSESSMENT),
        references=(
            "https://learn.microsoft.com/rest/api/defenderforcloud/assessments/list",
            "https://learn.microsoft.com/azure/defender-for-cloud/endpoint-detection-response",
        ),
        remediation_steps=(
            "Enable Defender for Servers, which installs Defender for Endpoint",
            "Or install another supported solution",
        ),
        auto_remediable=False,
    ),
    {MACHINE: (), ASSESSMENT: ASSESSMENT_PATHS},
    judge_protection,
)
