"""`defender.plan.arm`."""

from shared.domain.severity import Severity
from shared.rules.packs.defender._plans import defender_plan

RULE = defender_plan(
    "defender.plan.arm",
    "Arm",
    "Defender for Resource Manager",
    watches="suspicious management operations raise no alert",
    severity=Severity.HIGH,
    risk_score=75,
    page="defender-for-resource-manager-introduction",
)
