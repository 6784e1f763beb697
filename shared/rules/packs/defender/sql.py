"""`defender.plan.sql`."""

from shared.domain.severity import Severity
from shared.rules.packs.defender._plans import defender_plan

RULE = defender_plan(
    "defender.plan.sql",
    "SqlServers",
    "Defender for Azure SQL",
    watches="injection and unusual access in Azure SQL raise no alert",
    severity=Severity.MEDIUM,
    risk_score=55,
    page="defender-for-sql-introduction",
)
