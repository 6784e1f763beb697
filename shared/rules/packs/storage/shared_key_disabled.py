"""`storage.shared_key_disabled`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_false
from shared.rules.packs.storage._accounts import ACCOUNT, GET
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="storage.shared_key_disabled",
        title="Shared key access is off",
        finding_title="Storage account can be opened with its shared keys",
        description=(
            "Requests may be authorized with the account keys and with signatures made of them: no "
            "identity, no conditional access, no expiry that Entra enforces. Azure takes a missing value "
            "for allowed."
        ),
        severity=Severity.HIGH,
        risk_score=72,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(GET, "https://learn.microsoft.com/azure/storage/common/shared-key-authorization-prevent"),
        remediation_steps=(
            "Find clients that still use keys in the account's logs and metrics",
            "Move them to Microsoft Entra authorization",
            "Set allowSharedKeyAccess to false",
        ),
        auto_remediable=False,
        credential=True,
    ),
    is_false("properties.allowSharedKeyAccess", absent=True),
)
