"""`storage.blob_public_access`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import where
from shared.rules.packs.storage._accounts import ACCOUNT, GET, is_off, serves
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="storage.blob_public_access",
        title="Anonymous blob access is off",
        finding_title="Storage account allows anonymous access to blobs",
        description=(
            "The account lets the containers in it be opened to readers who do not sign in. Whether one "
            "is open says storage.container_public_access. In accounts made before 2023-12-15 a missing "
            "value allows it, in later ones it forbids it."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(GET, "https://learn.microsoft.com/azure/storage/blobs/anonymous-read-access-prevent"),
        remediation_steps=(
            "Find anonymous readers in the account's logs and metrics",
            "Set allowBlobPublicAccess to false",
        ),
        auto_remediable=True,
    ),
    where(serves("blob"), is_off("properties.allowBlobPublicAccess")),
)
