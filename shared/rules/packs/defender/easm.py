"""`defender.easm`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import MET, Expectation
from shared.rules.related_rule import subscription_has

RULE = subscription_has(
    RuleMetadata(
        rule_id="defender.easm",
        title="External attack surface is watched",
        finding_title="External attack surface is not watched",
        description=(
            "The subscription has no workspace of Defender External Attack Surface Management, which finds "
            "what an organisation shows to the internet. One in another subscription is not seen."
        ),
        severity=Severity.LOW,
        risk_score=15,
        resource_type="SUBSCRIPTION",
        reads=("microsoft.easm/workspaces",),
        references=(
            "https://learn.microsoft.com/azure/external-attack-surface-management/",
            "https://learn.microsoft.com/azure/templates/microsoft.easm/workspaces",
        ),
        remediation_steps=(
            "Create a workspace of Defender EASM in one subscription of the organisation",
            "Suppress this finding in the others",
        ),
        auto_remediable=False,
    ),
    Expectation((), lambda _: MET),
    "has no workspace of Defender External Attack Surface Management",
)
