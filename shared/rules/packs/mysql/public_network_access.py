"""`mysql.public_network_access`.

A server of a delegated subnet is private, and a missing value is on, as built-in policy
c9299215-ae47-4f50-9c54-8a392f68a052 takes them.
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import any_of, is_one_of, is_set
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="mysql.public_network_access",
        title="MySQL public access is off",
        finding_title="MySQL is reachable from public networks",
        description=(
            "A MySQL server accepts connections on its public endpoint, with only firewall rules before it. "
            "Servers inside a virtual network have no such endpoint."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="MYSQL_SERVER",
        reads=("microsoft.dbformysql/flexibleservers",),
        references=(
            "https://learn.microsoft.com/rest/api/mysql/flexibleserver/servers/get",
            "https://learn.microsoft.com/azure/mysql/flexible-server/concepts-networking-private-link",
        ),
        remediation_steps=(
            "Create a private endpoint for the applications that use the server",
            "Set public network access to Disabled",
        ),
        auto_remediable=False,
    ),
    any_of(
        is_set("properties.network.delegatedSubnetResourceId"),
        is_one_of("properties.network.publicNetworkAccess", "Disabled", absent="Enabled"),
    ),
)
