"""`cosmosdb.public_network_access`.

Absent is on: built-in policy 797b37f7-06b8-444c-b1ad-fc62867f335a takes all that is not Disabled for public.
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="cosmosdb.public_network_access",
        title="Cosmos DB public access is off",
        finding_title="Cosmos DB is reachable from public networks",
        description=("A Cosmos DB account accepts requests on its public endpoint."),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="COSMOSDB_ACCOUNT",
        reads=("microsoft.documentdb/databaseaccounts",),
        references=(
            "https://learn.microsoft.com/rest/api/cosmos-db-resource-provider/database-accounts/get",
            "https://learn.microsoft.com/azure/cosmos-db/how-to-configure-private-endpoints",
        ),
        remediation_steps=(
            "Create a private endpoint for the applications that use the account",
            "Set public network access to Disabled",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.publicNetworkAccess", "Disabled", "SecuredByPerimeter", absent="Enabled"),
)
