"""`defender.plan.oss_databases`."""

from shared.domain.severity import Severity
from shared.rules.packs.defender._plans import defender_plan

RULE = defender_plan(
    "defender.plan.oss_databases",
    "OpenSourceRelationalDatabases",
    "Defender for open-source databases",
    watches="attacks on PostgreSQL, MySQL and MariaDB servers raise no alert",
    severity=Severity.MEDIUM,
    risk_score=50,
    page="defender-for-databases-introduction",
)
