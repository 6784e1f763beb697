"""`cosmosdb.selected_networks`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.cosmosdb._networks import limited_to_networks
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="cosmosdb.selected_networks",
        title="Cosmos DB is limited to chosen networks",
        finding_title="Cosmos DB admits all networks",
        description=(
            "A Cosmos DB account accepts requests from every network: it has neither a virtual network "
            "filter nor address rules, and its public access is on, or a rule admits every address."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="COSMOSDB_ACCOUNT",
        reads=("microsoft.documentdb/databaseaccounts",),
        references=(
            "https://learn.microsoft.com/rest/api/cosmos-db-resource-provider/database-accounts/get",
            "https://learn.microsoft.com/azure/cosmos-db/how-to-configure-firewall",
        ),
        remediation_steps=(
            "Turn on the virtual network filter, or list the addresses that need access",
            "Or turn public network access off and use a private endpoint",
        ),
        auto_remediable=False,
    ),
    limited_to_networks,
)
