"""`defender.containers.agentless_va`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.defender._plans import PRICINGS, PRICINGS_REFERENCE, plan_rule, with_extension

RULE = plan_rule(
    RuleMetadata(
        rule_id="defender.containers.agentless_va",
        title="Agentless image assessment is on",
        finding_title="Container images are not assessed",
        description=(
            "Neither Defender for Containers nor Defender CSPM assesses the images of container registries: "
            "known vulnerabilities in them stay unseen."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="SUBSCRIPTION",
        reads=(PRICINGS,),
        references=(
            PRICINGS_REFERENCE,
            "https://learn.microsoft.com/azure/defender-for-cloud/agentless-vulnerability-assessment-azure",
        ),
        remediation_steps=(
            "Turn on Defender for Containers or Defender CSPM",
            "In the settings of the plan, turn on agentless container vulnerability assessment",
        ),
        auto_remediable=False,
    ),
    with_extension("ContainerRegistriesVulnerabilityAssessments"),
    "runs no plan that assesses the images of registries (ContainerRegistriesVulnerabilityAssessments)",
)
