"""`defender.containers.agentless_discovery`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.defender._plans import PRICINGS, PRICINGS_REFERENCE, plan_rule, with_extension

RULE = plan_rule(
    RuleMetadata(
        rule_id="defender.containers.agentless_discovery",
        title="Agentless Kubernetes discovery is on",
        finding_title="Kubernetes clusters are not discovered without an agent",
        description=(
            "Neither Defender CSPM nor Defender for Containers reads the inventory of Kubernetes clusters "
            "over their API: workloads, identities and what they expose stay out of its analysis."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="SUBSCRIPTION",
        reads=(PRICINGS,),
        references=(
            PRICINGS_REFERENCE,
            "https://learn.microsoft.com/azure/defender-for-cloud/concept-agentless-containers",
        ),
        remediation_steps=(
            "Turn on Defender CSPM or Defender for Containers",
            "In the settings of the plan, turn on agentless discovery for Kubernetes",
        ),
        auto_remediable=False,
    ),
    with_extension("AgentlessDiscoveryForKubernetes"),
    "runs no plan with agentless discovery for Kubernetes (AgentlessDiscoveryForKubernetes) turned on",
)
