"""`storage.smb_version`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import NOT_APPLICABLE, every_child
from shared.rules.packs.storage._accounts import ACCOUNT, serves
from shared.rules.packs.storage._smb import admits_only

RULE = every_child(
    RuleMetadata(
        rule_id="storage.smb_version",
        title="SMB 3.1.1 only",
        finding_title="File shares accept SMB older than 3.1.1",
        description=(
            "The file service accepts SMB 2.1 or 3.0, which lack pre-authentication integrity (2.1 also "
            "encryption). Without a setting, every version is accepted."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="STORAGE_FILE_SERVICE",
        reads=(ACCOUNT, "microsoft.storage/storageaccounts/fileservices"),
        references=(
            "https://learn.microsoft.com/rest/api/storagerp/file-services/get-service-properties",
            "https://learn.microsoft.com/azure/storage/files/files-smb-protocol",
        ),
        remediation_steps=(
            "Check that all clients speak SMB 3.1.1",
            "Set the SMB versions of the file service to SMB3.1.1",
        ),
        auto_remediable=False,
    ),
    admits_only("versions", "SMB3.1.1"),
    none=NOT_APPLICABLE,
    named="default",
    applies=serves("file"),
)
