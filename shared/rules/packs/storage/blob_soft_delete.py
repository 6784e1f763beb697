"""`storage.blob_soft_delete`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import NOT_APPLICABLE, every_child
from shared.rules.packs.storage._accounts import ACCOUNT, serves
from shared.rules.packs.storage._soft_delete import kept_after_deletion

RULE = every_child(
    RuleMetadata(
        rule_id="storage.blob_soft_delete",
        title="Deleted blobs can be recovered",
        finding_title="Deleted blobs cannot be recovered for a week",
        description=(
            "Soft delete for blobs is off or keeps them less than seven days: what is deleted or "
            "overwritten by mistake or by an attacker is gone."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="STORAGE_BLOB_SERVICE",
        reads=(ACCOUNT, "microsoft.storage/storageaccounts/blobservices"),
        references=(
            "https://learn.microsoft.com/rest/api/storagerp/blob-services/get-service-properties",
            "https://learn.microsoft.com/azure/storage/blobs/soft-delete-blob-overview",
        ),
        remediation_steps=("Enable soft delete for blobs with at least 7 days",),
        auto_remediable=False,
    ),
    kept_after_deletion("properties.deleteRetentionPolicy"),
    none=NOT_APPLICABLE,
    named="default",
    applies=serves("blob"),
)
