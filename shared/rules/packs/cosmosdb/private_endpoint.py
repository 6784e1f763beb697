"""`cosmosdb.private_endpoint`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of, some_entry
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="cosmosdb.private_endpoint",
        title="Cosmos DB uses a private endpoint",
        finding_title="Cosmos DB has no private endpoint",
        description=(
            "A Cosmos DB account has no approved private endpoint, so its traffic goes over public addresses."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="COSMOSDB_ACCOUNT",
        reads=("microsoft.documentdb/databaseaccounts",),
        references=(
            "https://learn.microsoft.com/rest/api/cosmos-db-resource-provider/database-accounts/get",
            "https://learn.microsoft.com/azure/cosmos-db/how-to-configure-private-endpoints",
        ),
        remediation_steps=("Create a private endpoint for the account and approve its connection",),
        auto_remediable=False,
    ),
    some_entry(
        "properties.privateEndpointConnections",
        is_one_of("properties.privateLinkServiceConnectionState.status", "Approved", absent="Pending"),
    ),
)
