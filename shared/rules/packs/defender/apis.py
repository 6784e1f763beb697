"""`defender.plan.apis`."""

from shared.domain.severity import Severity
from shared.rules.packs.defender._plans import defender_plan

RULE = defender_plan(
    "defender.plan.apis",
    "Api",
    "Defender for APIs",
    watches="attacks on published APIs raise no alert",
    severity=Severity.MEDIUM,
    risk_score=45,
    page="defender-for-apis-introduction",
)
