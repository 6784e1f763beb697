"""`cosmosdb.min_tls`.

Absent cannot be judged: TLS 1.0 was the default of older accounts and API versions, 1.2 is that of new ones.
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="cosmosdb.min_tls",
        title="Cosmos DB refuses TLS below 1.2",
        finding_title="Cosmos DB has no lower bound of TLS 1.2",
        description=(
            "A Cosmos DB account does not refuse connections with versions of TLS before 1.2, whose ciphers "
            "can be broken."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="COSMOSDB_ACCOUNT",
        reads=("microsoft.documentdb/databaseaccounts",),
        references=(
            "https://learn.microsoft.com/rest/api/cosmos-db-resource-provider/database-accounts/get",
            "https://learn.microsoft.com/azure/cosmos-db/self-serve-minimum-tls-enforcement",
        ),
        remediation_steps=(
            "Check that no client needs TLS 1.0 or 1.1",
            "Set minimalTlsVersion of the account to Tls12",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.minimalTlsVersion", "Tls12", "Tls13", absent=None),
)
