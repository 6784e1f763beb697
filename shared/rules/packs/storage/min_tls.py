"""`storage.min_tls`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.packs.storage._accounts import ACCOUNT, GET
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="storage.min_tls",
        title="TLS below 1.2 is refused",
        finding_title="Storage account accepts TLS below 1.2",
        description=(
            "Clients may connect with TLS 1.0 or 1.1, whose ciphers and handshakes are broken or "
            "deprecated. Azure takes a missing value for TLS 1.0."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(
            GET,
            "https://learn.microsoft.com/azure/storage/common/transport-layer-security-configure-minimum-version",
        ),
        remediation_steps=(
            "Find clients of old TLS versions in the account's logs",
            "Set minimumTlsVersion to TLS1_2",
        ),
        auto_remediable=True,
    ),
    is_one_of("properties.minimumTlsVersion", "TLS1_2", "TLS1_3", absent="TLS1_0"),
)
