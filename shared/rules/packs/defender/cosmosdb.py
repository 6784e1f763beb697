"""`defender.plan.cosmosdb`."""

from shared.domain.severity import Severity
from shared.rules.packs.defender._plans import defender_plan

RULE = defender_plan(
    "defender.plan.cosmosdb",
    "CosmosDbs",
    "Defender for Cosmos DB",
    watches="injection and unusual access in Cosmos DB accounts raise no alert",
    severity=Severity.MEDIUM,
    risk_score=50,
    page="concept-defender-for-cosmos",
)
