"""`redis.ssl_only`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_false
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="redis.ssl_only",
        title="Redis accepts TLS only",
        finding_title="Redis accepts connections without TLS",
        description=("A cache listens on the port without TLS: access keys and data can be read on the way."),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="REDIS_CACHE",
        reads=("microsoft.cache/redis",),
        references=(
            "https://learn.microsoft.com/rest/api/redis/redis/get",
            "https://learn.microsoft.com/azure/azure-cache-for-redis/cache-configure",
        ),
        remediation_steps=("Move clients to the TLS port 6380", "Turn the non-TLS port off"),
        auto_remediable=False,
    ),
    is_false("properties.enableNonSslPort", absent=False),
)
