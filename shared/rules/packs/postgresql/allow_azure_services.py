"""`postgresql.allow_azure_services`."""

from shared.domain.severity import Severity
from shared.rules.address_ranges import admits_azure
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import no_child
from shared.rules.packs.postgresql._network import is_public

RULE = no_child(
    RuleMetadata(
        rule_id="postgresql.allow_azure_services",
        title="No blanket rule for Azure services",
        finding_title="PostgreSQL firewall admits every Azure service",
        description=(
            "A firewall rule of a PostgreSQL server from 0.0.0.0 to 0.0.0.0 admits connections from any "
            "address of Azure, the machines of other customers among them."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="POSTGRESQL_SERVER",
        reads=(
            "microsoft.dbforpostgresql/flexibleservers",
            "microsoft.dbforpostgresql/flexibleservers/firewallrules",
        ),
        references=(
            "https://learn.microsoft.com/rest/api/postgresql/firewall-rules/list-by-server",
            "https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-firewall-rules",
        ),
        remediation_steps=(
            "Turn off 'Allow public access from any Azure service within Azure to this server'",
            "Use a private endpoint for the applications that need the server",
        ),
        auto_remediable=False,
    ),
    admits_azure,
    "admits every Azure service, those of other customers too",
    applies=is_public,
)
