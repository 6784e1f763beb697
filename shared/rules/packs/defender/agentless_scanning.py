"""`defender.servers.agentless_scanning`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.defender._plans import PRICINGS, PRICINGS_REFERENCE, plan_rule, with_extension

RULE = plan_rule(
    RuleMetadata(
        rule_id="defender.servers.agentless_scanning",
        title="Agentless machine scanning is on",
        finding_title="Machines are not scanned without an agent",
        description=(
            "Neither Defender for Servers nor Defender CSPM scans the disks of machines: software, "
            "vulnerabilities, secrets and malware on machines without an agent stay unseen."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="SUBSCRIPTION",
        reads=(PRICINGS,),
        references=(
            PRICINGS_REFERENCE,
            "https://learn.microsoft.com/azure/defender-for-cloud/concept-agentless-data-collection",
        ),
        remediation_steps=(
            "Turn on Defender for Servers Plan 2 or Defender CSPM",
            "In the settings of the plan, turn on agentless scanning for machines",
        ),
        auto_remediable=False,
    ),
    with_extension("AgentlessVmScanning"),
    "runs no plan with agentless scanning for machines (AgentlessVmScanning) turned on",
)
