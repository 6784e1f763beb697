"""`compute.user_data_secrets`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.compute._exposed import EXTENSION, FACTS, judge_secrets
from shared.rules.packs.compute._machines import GET, MACHINE
from shared.rules.related_rule import RelatedRule

RULE = RelatedRule(
    RuleMetadata(
        rule_id="compute.user_data_secrets",
        title="No secret in extension settings or user data",
        finding_title="VM settings hold a secret in the clear",
        description=(
            "Public settings of an extension, which every reader of the subscription sees, or the user "
            "data hold what looks like a secret. User data is judged where it was read. The value is not "
            "kept."
        ),
        severity=Severity.CRITICAL,
        risk_score=90,
        resource_type="VIRTUAL_MACHINE",
        reads=(MACHINE, EXTENSION),
        references=(GET, "https://learn.microsoft.com/azure/virtual-machines/extensions/custom-script-linux"),
        remediation_steps=(
            "Revoke the secret and issue another",
            "Pass it in protectedSettings, or read it from Key Vault with a managed identity",
        ),
        auto_remediable=False,
        credential=True,
    ),
    {MACHINE: (), EXTENSION: ()},
    judge_secrets,
    facts=FACTS,
)
