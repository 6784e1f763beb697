"""`cosmosdb.continuous_backup`.

Periodic is the default mode: https://learn.microsoft.com/azure/cosmos-db/periodic-backup-restore-introduction
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="cosmosdb.continuous_backup",
        title="Cosmos DB has continuous backup",
        finding_title="Cosmos DB has no continuous backup",
        description=(
            "A Cosmos DB account is backed up from time to time only: data cannot be restored to a chosen "
            "moment before a mistake or an attack."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="COSMOSDB_ACCOUNT",
        reads=("microsoft.documentdb/databaseaccounts",),
        references=(
            "https://learn.microsoft.com/rest/api/cosmos-db-resource-provider/database-accounts/get",
            "https://learn.microsoft.com/azure/cosmos-db/continuous-backup-restore-introduction",
        ),
        remediation_steps=(
            "Migrate the account to continuous backup; there is no way back to periodic backup",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.backupPolicy.type", "Continuous", absent="Periodic"),
)
