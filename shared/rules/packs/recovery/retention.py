"""`recovery.retention`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import NOT_APPLICABLE, every_child
from shared.rules.expectations import where
from shared.rules.packs.recovery._policies import POLICY, VAULT, is_kept, is_used

RULE = every_child(
    RuleMetadata(
        rule_id="recovery.retention",
        title="Backups are kept long enough",
        finding_title="Backup policy keeps backups less than 30 days",
        description=(
            "A backup policy that is in use keeps its backups less than 30 days: what is noticed later "
            "cannot be restored. Policies that protect nothing are left out."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="BACKUP_POLICY",
        reads=(VAULT, POLICY),
        references=(
            "https://learn.microsoft.com/rest/api/backup/backup-policies/list",
            "https://learn.microsoft.com/azure/backup/backup-azure-vms-first-look-arm",
        ),
        remediation_steps=("Raise the retention of the policy to at least 30 days",),
        auto_remediable=False,
    ),
    where(is_used, is_kept),
    none=NOT_APPLICABLE,
)
