"""`recovery.soft_delete`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import all_of, is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="recovery.soft_delete",
        title="Backups cannot be erased",
        finding_title="Backups can be erased by an administrator",
        description=(
            "Soft delete of the vault can be turned off, or its immutability is not locked: who takes "
            "over an administrator erases the backups with the data. Unless set, soft delete is on but "
            "not always on, and immutability off."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="RECOVERY_SERVICES_VAULT",
        reads=("microsoft.recoveryservices/vaults",),
        references=(
            "https://learn.microsoft.com/rest/api/recoveryservices/vaults/get",
            "https://learn.microsoft.com/azure/backup/backup-azure-enhanced-soft-delete-about",
            "https://learn.microsoft.com/azure/backup/backup-azure-immutable-vault-concept",
        ),
        remediation_steps=(
            "Set soft delete to always-on",
            "Enable immutability, and lock it when the policies are right; neither can be undone",
        ),
        auto_remediable=False,
    ),
    all_of(
        is_one_of(
            "properties.securitySettings.softDeleteSettings.softDeleteState", "AlwaysON", absent="Enabled"
        ),
        is_one_of("properties.securitySettings.immutabilitySettings.state", "Locked", absent="Disabled"),
    ),
)
