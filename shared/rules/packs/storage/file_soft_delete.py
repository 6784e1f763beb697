"""`storage.file_soft_delete`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import NOT_APPLICABLE, every_child
from shared.rules.expectations import is_true
from shared.rules.packs.storage._accounts import ACCOUNT, serves

RULE = every_child(
    RuleMetadata(
        rule_id="storage.file_soft_delete",
        title="Deleted file shares can be recovered",
        finding_title="Deleted file shares cannot be recovered",
        description=(
            "Soft delete for file shares is off: a deleted share and all its snapshots are gone at once."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="STORAGE_FILE_SERVICE",
        reads=(ACCOUNT, "microsoft.storage/storageaccounts/fileservices"),
        references=(
            "https://learn.microsoft.com/rest/api/storagerp/file-services/get-service-properties",
            "https://learn.microsoft.com/azure/storage/files/storage-files-prevent-file-share-deletion",
        ),
        remediation_steps=("Enable soft delete for file shares",),
        auto_remediable=False,
    ),
    is_true("properties.shareDeleteRetentionPolicy.enabled", absent=False),
    none=NOT_APPLICABLE,
    named="default",
    applies=serves("file"),
)
