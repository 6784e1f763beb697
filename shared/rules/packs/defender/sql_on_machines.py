"""`defender.plan.sql_on_machines`."""

from shared.domain.severity import Severity
from shared.rules.packs.defender._plans import defender_plan

RULE = defender_plan(
    "defender.plan.sql_on_machines",
    "SqlServerVirtualMachines",
    "Defender for SQL on machines",
    watches="attacks on SQL Server on machines raise no alert",
    severity=Severity.MEDIUM,
    risk_score=50,
    page="defender-for-sql-introduction",
)
