"""`compute.backup`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.indexed_rule import IndexedRule
from shared.rules.packs.compute._backup import ITEM, ITEM_PATHS, VAULT, backups_of, judge_backup
from shared.rules.packs.compute._machines import MACHINE

RULE = IndexedRule(
    RuleMetadata(
        rule_id="compute.backup",
        title="VM is backed up",
        finding_title="VM is not backed up",
        description=(
            "No Recovery Services vault of the subscription makes backups of the machine: there is no "
            "item of it, or its backup is stopped or suspended. Suppress where the machine can be made "
            "anew."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="VIRTUAL_MACHINE",
        reads=(MACHINE, ITEM, VAULT),
        references=(
            "https://learn.microsoft.com/rest/api/backup/backup-protected-items/list",
            "https://learn.microsoft.com/azure/backup/backup-azure-vms-introduction",
        ),
        remediation_steps=(
            "Choose a vault of the machine's region and a policy",
            "Enable backup of the machine",
        ),
        auto_remediable=False,
    ),
    {MACHINE: (), ITEM: ITEM_PATHS, VAULT: ()},
    backups_of,
    judge_backup,
)
