"""`storage.sftp_local_users`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import any_of, is_false
from shared.rules.packs.storage._accounts import ACCOUNT, GET
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="storage.sftp_local_users",
        title="SFTP with local users is off",
        finding_title="Storage account lets local users in by SFTP",
        description=(
            "The account accepts SFTP and users of its own with passwords or SSH keys: identities that "
            "Microsoft Entra knows nothing of, on a port open to whoever the network rules admit. Without "
            "SFTP, local users open nothing."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(
            GET,
            "https://learn.microsoft.com/azure/storage/blobs/secure-file-transfer-protocol-support",
        ),
        remediation_steps=(
            "Remove the local users that are not needed",
            "Set isSftpEnabled to false, or isLocalUserEnabled where nobody needs local users",
        ),
        auto_remediable=False,
        credential=True,
    ),
    any_of(
        is_false("properties.isSftpEnabled", absent=False),
        is_false("properties.isLocalUserEnabled", absent=True),
    ),
)
