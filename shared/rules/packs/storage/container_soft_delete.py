"""`storage.container_soft_delete`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import NOT_APPLICABLE, every_child
from shared.rules.packs.storage._accounts import ACCOUNT, serves
from shared.rules.packs.storage._soft_delete import kept_after_deletion

RULE = every_child(
    RuleMetadata(
        rule_id="storage.container_soft_delete",
        title="Deleted containers can be recovered",
        finding_title="Deleted containers cannot be recovered for a week",
        description=(
            "Soft delete for containers is off or keeps them less than seven days: a deleted container "
            "takes all its blobs with it."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="STORAGE_BLOB_SERVICE",
        reads=(ACCOUNT, "microsoft.storage/storageaccounts/blobservices"),
        references=(
            "https://learn.microsoft.com/rest/api/storagerp/blob-services/get-service-properties",
            "https://learn.microsoft.com/azure/storage/blobs/soft-delete-container-overview",
        ),
        remediation_steps=("Enable soft delete for containers with at least 7 days",),
        auto_remediable=False,
    ),
    kept_after_deletion("properties.containerDeleteRetentionPolicy"),
    none=NOT_APPLICABLE,
    named="default",
    applies=serves("blob"),
)
