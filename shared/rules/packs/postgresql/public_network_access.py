"""`postgresql.public_network_access`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.postgresql._network import is_private
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="postgresql.public_network_access",
        title="PostgreSQL public access is off",
        finding_title="PostgreSQL is reachable from public networks",
        description=(
            "A PostgreSQL server accepts connections on its public endpoint, with only firewall rules before "
            "it."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="POSTGRESQL_SERVER",
        reads=("microsoft.dbforpostgresql/flexibleservers",),
        references=(
            "https://learn.microsoft.com/rest/api/postgresql/servers/get",
            "https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-networking-private-link",
        ),
        remediation_steps=(
            "Create a private endpoint for the applications that use the server",
            "Set public network access to Disabled",
        ),
        auto_remediable=False,
    ),
    is_private,
)
