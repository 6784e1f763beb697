"""`compute.jit`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.indexed_rule import IndexedRule
from shared.rules.packs.compute._just_in_time import (
    INTERFACE,
    INTERFACE_PATHS,
    MACHINE_PATHS,
    POLICY,
    POLICY_PATHS,
    guarded_machines,
    judge_access,
)
from shared.rules.packs.compute._machines import MACHINE

RULE = IndexedRule(
    RuleMetadata(
        rule_id="compute.jit",
        title="Just-in-time access protects the VM",
        finding_title="VM with a public address has no just-in-time access",
        description=(
            "The machine has a public address and no just-in-time policy of Defender for Cloud names it "
            "with SSH, RDP or WinRM: what the network rules open stays open. Machines without an address "
            "of their own are left out."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="VIRTUAL_MACHINE",
        reads=(MACHINE, POLICY, INTERFACE),
        references=(
            "https://learn.microsoft.com/rest/api/defenderforcloud/jit-network-access-policies/list",
            "https://learn.microsoft.com/azure/defender-for-cloud/just-in-time-access-usage",
        ),
        remediation_steps=(
            "Remove the public address, or use Bastion",
            "Otherwise configure just-in-time access for the management ports",
        ),
        auto_remediable=False,
    ),
    {MACHINE: MACHINE_PATHS, POLICY: POLICY_PATHS, INTERFACE: INTERFACE_PATHS},
    guarded_machines,
    judge_access,
)
