"""`sql.public_network_access`.

Absent is on: built-in policy 1b8ca024-1d5c-4dec-8995-b1a932b41780 takes all that is not Disabled for public.
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="sql.public_network_access",
        title="SQL public access is off",
        finding_title="SQL server is reachable from public networks",
        description=(
            "A SQL server accepts connections on its public endpoint, with only firewall rules before it."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="SQL_SERVER",
        reads=("microsoft.sql/servers",),
        references=(
            "https://learn.microsoft.com/rest/api/sql/servers/get",
            "https://learn.microsoft.com/azure/azure-sql/database/connectivity-settings",
        ),
        remediation_steps=(
            "Create a private endpoint for the applications that use the server",
            "Set public network access to Disabled",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.publicNetworkAccess", "Disabled", "SecuredByPerimeter", absent="Enabled"),
)
