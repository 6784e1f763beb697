"""`storage.cmk`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.packs.storage._accounts import ACCOUNT, GET
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="storage.cmk",
        title="Customer-managed key for critical data",
        finding_title="Storage account is encrypted with a Microsoft-managed key",
        description=(
            "Data at rest is encrypted with a key that Microsoft keeps and rotates. For critical data a "
            "key of one's own can be revoked, and its use is logged. Suppress where the data is not "
            "critical."
        ),
        severity=Severity.LOW,
        risk_score=20,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(GET, "https://learn.microsoft.com/azure/storage/common/customer-managed-keys-overview"),
        remediation_steps=(
            "Create a key in a vault with purge protection",
            "Let the account's identity use it, and select it as the account's encryption key",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.encryption.keySource", "Microsoft.Keyvault", absent="Microsoft.Storage"),
)
