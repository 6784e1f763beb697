"""`sql.allow_azure_services`."""

from shared.domain.severity import Severity
from shared.rules.address_ranges import admits_azure
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import no_child
from shared.rules.packs.sql._reach import is_public

RULE = no_child(
    RuleMetadata(
        rule_id="sql.allow_azure_services",
        title="No blanket rule for Azure services",
        finding_title="SQL firewall admits every Azure service",
        description=(
            "A firewall rule of a SQL server from 0.0.0.0 to 0.0.0.0 admits connections from any address of "
            "Azure, the machines of other customers among them."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="SQL_SERVER",
        reads=("microsoft.sql/servers", "microsoft.sql/servers/firewallrules"),
        references=(
            "https://learn.microsoft.com/rest/api/sql/firewall-rules/list-by-server",
            "https://learn.microsoft.com/azure/azure-sql/database/firewall-configure",
        ),
        remediation_steps=(
            "Turn off 'Allow Azure services and resources to access this server'",
            "Use virtual network rules, or a private endpoint, for the applications that need the server",
        ),
        auto_remediable=False,
    ),
    admits_azure,
    "admits every Azure service, those of other customers too",
    applies=is_public,
)
