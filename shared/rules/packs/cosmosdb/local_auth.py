"""`cosmosdb.local_auth`.

Absent is off: built-in policy 5450f5bd-9c72-4390-a9c4-a7aba4edfdd2 takes all that is not true for off.
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true, where
from shared.rules.packs.cosmosdb._apis import is_nosql
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="cosmosdb.local_auth",
        title="Cosmos DB keys are off",
        finding_title="Cosmos DB accepts account keys",
        description=(
            "A Cosmos DB account accepts its account keys, which give access to everything in it, expire "
            "never and name nobody. Accounts of other APIs than that of NoSQL are left out."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="COSMOSDB_ACCOUNT",
        reads=("microsoft.documentdb/databaseaccounts",),
        references=(
            "https://learn.microsoft.com/rest/api/cosmos-db-resource-provider/database-accounts/get",
            "https://learn.microsoft.com/azure/cosmos-db/how-to-connect-role-based-access-control",
        ),
        remediation_steps=(
            "Give applications roles of the data plane and Microsoft Entra identities",
            "Set disableLocalAuth of the account to true",
        ),
        auto_remediable=False,
        credential=True,
    ),
    where(is_nosql, is_true("properties.disableLocalAuth", absent=False)),
)
