"""`defender.servers.fim`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.defender._plans import PRICINGS, PRICINGS_REFERENCE, plan_rule, with_extension

RULE = plan_rule(
    RuleMetadata(
        rule_id="defender.servers.fim",
        title="File integrity monitoring is on",
        finding_title="File integrity is not monitored",
        description=(
            "Defender for Servers does not watch operating system files, registries and application files "
            "of machines for changes: tampering stays unseen."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="SUBSCRIPTION",
        reads=(PRICINGS,),
        references=(
            PRICINGS_REFERENCE,
            "https://learn.microsoft.com/azure/defender-for-cloud/file-integrity-monitoring-overview",
        ),
        remediation_steps=(
            "Turn on Defender for Servers Plan 2",
            "In the settings of the plan, turn on file integrity monitoring and choose its workspace",
        ),
        auto_remediable=False,
    ),
    with_extension("FileIntegrityMonitoring"),
    "does not monitor file integrity (FileIntegrityMonitoring of Defender for Servers)",
    named="VirtualMachines",
)
