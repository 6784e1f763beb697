"""`sql.firewall_any_ip`."""

from shared.domain.severity import Severity
from shared.rules.address_ranges import admits_internet
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import no_child
from shared.rules.packs.sql._reach import is_public

RULE = no_child(
    RuleMetadata(
        rule_id="sql.firewall_any_ip",
        title="No firewall rule admits every address",
        finding_title="SQL firewall rule admits the internet",
        description=(
            "A firewall rule of a SQL server begins at 0.0.0.0 and goes on, or holds at least half of all "
            "IPv4 addresses: whoever has a password, or guesses one, gets in from anywhere. Servers whose "
            "public access is off are left out; their rules have no effect."
        ),
        severity=Severity.CRITICAL,
        risk_score=92,
        resource_type="SQL_SERVER",
        reads=("microsoft.sql/servers", "microsoft.sql/servers/firewallrules"),
        references=(
            "https://learn.microsoft.com/rest/api/sql/firewall-rules/list-by-server",
            "https://learn.microsoft.com/azure/azure-sql/database/firewall-configure",
        ),
        remediation_steps=(
            "Delete the rule, or narrow it to the addresses that need access",
            "Reach the server through a private endpoint and turn public access off",
        ),
        auto_remediable=False,
    ),
    admits_internet,
    "admits the whole internet, or at least half of it",
    applies=is_public,
)
