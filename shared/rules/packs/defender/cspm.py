"""`defender.plan.cspm`."""

from shared.domain.severity import Severity
from shared.rules.packs.defender._plans import defender_plan

RULE = defender_plan(
    "defender.plan.cspm",
    "CloudPosture",
    "Defender CSPM",
    watches="attack paths, agentless scanning and governance are not to be had",
    severity=Severity.MEDIUM,
    risk_score=45,
    page="concept-cloud-security-posture-management",
)
