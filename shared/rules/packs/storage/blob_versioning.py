"""`storage.blob_versioning`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import NOT_APPLICABLE, every_child
from shared.rules.expectations import all_of, is_false, is_true
from shared.rules.packs.storage._accounts import ACCOUNT, serves

RULE = every_child(
    RuleMetadata(
        rule_id="storage.blob_versioning",
        title="Blob versions are kept",
        finding_title="Earlier versions of blobs are not kept",
        description=(
            "Versioning is off: an overwritten blob cannot be brought back. Accounts with a hierarchical "
            "namespace have no versioning and are left out."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="STORAGE_BLOB_SERVICE",
        reads=(ACCOUNT, "microsoft.storage/storageaccounts/blobservices"),
        references=(
            "https://learn.microsoft.com/rest/api/storagerp/blob-services/get-service-properties",
            "https://learn.microsoft.com/azure/storage/blobs/versioning-overview",
        ),
        remediation_steps=(
            "Upgrade a general-purpose v1 account to v2",
            "Enable versioning, and a lifecycle rule that removes old versions",
        ),
        auto_remediable=False,
    ),
    is_true("properties.isVersioningEnabled", absent=False),
    none=NOT_APPLICABLE,
    named="default",
    applies=all_of(serves("blob"), is_false("properties.isHnsEnabled", absent=False)),
)
