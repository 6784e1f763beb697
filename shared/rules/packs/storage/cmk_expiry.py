"""`storage.cmk_expiry`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.storage._accounts import ACCOUNT, GET
from shared.rules.packs.storage._encryption_key import PATHS, judge_end
from shared.rules.related_rule import RelatedRule

RULE = RelatedRule(
    RuleMetadata(
        rule_id="storage.cmk_expiry",
        title="Customer-managed key does not expire soon",
        finding_title="Encryption key of a storage account expires",
        description=(
            "The version of the customer-managed key that encrypts the account has expired or will soon: "
            "then the key can no longer wrap, and access to the data may be lost. A key without an end "
            "passes."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(GET, "https://learn.microsoft.com/azure/storage/common/customer-managed-keys-overview"),
        remediation_steps=(
            "Rotate the key, by its rotation policy or by hand",
            "Let the account follow the latest version of the key",
        ),
        auto_remediable=False,
        credential=True,
    ),
    {ACCOUNT: PATHS},
    judge_end,
)
