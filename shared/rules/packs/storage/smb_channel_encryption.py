"""`storage.smb_channel_encryption`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import NOT_APPLICABLE, every_child
from shared.rules.packs.storage._accounts import ACCOUNT, serves
from shared.rules.packs.storage._smb import admits_only

RULE = every_child(
    RuleMetadata(
        rule_id="storage.smb_channel_encryption",
        title="SMB channel uses AES-256-GCM",
        finding_title="File shares accept weaker SMB encryption than AES-256-GCM",
        description=(
            "The file service accepts AES-128 for the SMB channel. Without a setting, every cipher is "
            "accepted."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="STORAGE_FILE_SERVICE",
        reads=(ACCOUNT, "microsoft.storage/storageaccounts/fileservices"),
        references=(
            "https://learn.microsoft.com/rest/api/storagerp/file-services/get-service-properties",
            "https://learn.microsoft.com/azure/storage/files/files-smb-protocol",
        ),
        remediation_steps=(
            "Check that all clients support AES-256-GCM",
            "Set the SMB channel encryption of the file service to AES-256-GCM",
        ),
        auto_remediable=False,
    ),
    admits_only("channelEncryption", "AES-256-GCM"),
    none=NOT_APPLICABLE,
    named="default",
    applies=serves("file"),
)
