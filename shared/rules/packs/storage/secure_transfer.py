"""`storage.secure_transfer`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true
from shared.rules.packs.storage._accounts import ACCOUNT, GET
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="storage.secure_transfer",
        title="Only HTTPS is accepted",
        finding_title="Storage account accepts unencrypted HTTP",
        description=(
            "The account answers requests over plain HTTP, and mounts of SMB without encryption: data, "
            "keys and signatures in requests can be read on the way. Azure takes a missing value for true "
            "since API version 2019-04-01."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(GET, "https://learn.microsoft.com/azure/storage/common/storage-require-secure-transfer"),
        remediation_steps=(
            "Set Secure transfer required (supportsHttpsTrafficOnly) to true",
            "Move clients that still use http:// to https:// first",
        ),
        auto_remediable=True,
    ),
    is_true("properties.supportsHttpsTrafficOnly", absent=True),
)
