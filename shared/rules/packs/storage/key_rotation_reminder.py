"""`storage.key_rotation_reminder`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_at_least, where
from shared.rules.packs.storage._accounts import ACCOUNT, GET, uses_keys
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="storage.key_rotation_reminder",
        title="Key rotation reminder is set",
        finding_title="No rotation reminder for the account keys",
        description=(
            "The account has no key expiration policy: neither the portal nor Azure Policy says when an "
            "access key is due for rotation. Accounts whose keys open nothing are left out."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(GET, "https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage"),
        remediation_steps=(
            "Set a key expiration period (keyPolicy.keyExpirationPeriodInDays), such as 90 days",
            "Or disallow Shared Key access",
        ),
        auto_remediable=False,
        credential=True,
    ),
    where(uses_keys, is_at_least("properties.keyPolicy.keyExpirationPeriodInDays", 1, absent=0)),
)
