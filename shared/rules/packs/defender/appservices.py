"""`defender.plan.appservices`."""

from shared.domain.severity import Severity
from shared.rules.packs.defender._plans import defender_plan

RULE = defender_plan(
    "defender.plan.appservices",
    "AppServices",
    "Defender for App Service",
    watches="attacks on web apps raise no alert",
    severity=Severity.MEDIUM,
    risk_score=50,
    page="defender-for-app-service-introduction",
)
