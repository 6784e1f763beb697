"""`defender.plan.servers`."""

from shared.domain.severity import Severity
from shared.rules.packs.defender._plans import defender_plan

RULE = defender_plan(
    "defender.plan.servers",
    "VirtualMachines",
    "Defender for Servers",
    watches="attacks on machines raise no alert and their weaknesses are not assessed",
    severity=Severity.HIGH,
    risk_score=75,
    page="defender-for-servers-overview",
)
