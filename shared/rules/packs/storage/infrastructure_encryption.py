"""`storage.infrastructure_encryption`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true
from shared.rules.packs.storage._accounts import ACCOUNT, GET
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="storage.infrastructure_encryption",
        title="Data is encrypted twice",
        finding_title="Storage account has no infrastructure encryption",
        description=(
            "Data at rest is encrypted once, at the service level. A second layer with another algorithm "
            "and key, for data that needs it, is chosen when the account is created and cannot be added "
            "later."
        ),
        severity=Severity.LOW,
        risk_score=20,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(GET, "https://learn.microsoft.com/azure/storage/common/infrastructure-encryption-enable"),
        remediation_steps=(
            "Create a new account with infrastructure encryption, or an encryption scope with it",
            "Move the data that needs it there",
        ),
        auto_remediable=False,
    ),
    is_true("properties.encryption.requireInfrastructureEncryption", absent=False),
)
