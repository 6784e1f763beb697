"""`defender.plan.containers`."""

from shared.domain.severity import Severity
from shared.rules.packs.defender._plans import defender_plan

RULE = defender_plan(
    "defender.plan.containers",
    "Containers",
    "Defender for Containers",
    watches="attacks on clusters raise no alert and images are not assessed",
    severity=Severity.HIGH,
    risk_score=75,
    page="defender-for-containers-introduction",
)
