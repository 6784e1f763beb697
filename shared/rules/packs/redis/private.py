"""`redis.private`.

Enabled is the default: https://learn.microsoft.com/rest/api/redis/redis/get
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import any_of, is_one_of, is_set
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="redis.private",
        title="Redis is private",
        finding_title="Redis is reachable from public networks",
        description=(
            "A cache accepts connections on its public endpoint. Caches inside a virtual network have none."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="REDIS_CACHE",
        reads=("microsoft.cache/redis",),
        references=(
            "https://learn.microsoft.com/rest/api/redis/redis/get",
            "https://learn.microsoft.com/azure/azure-cache-for-redis/cache-private-link",
            "https://learn.microsoft.com/azure/azure-cache-for-redis/cache-how-to-premium-vnet",
        ),
        remediation_steps=(
            "Create a private endpoint for the applications that use the cache",
            "Set public network access to Disabled",
        ),
        auto_remediable=False,
    ),
    any_of(
        is_set("properties.subnetId"),
        is_one_of("properties.publicNetworkAccess", "Disabled", absent="Enabled"),
    ),
)
