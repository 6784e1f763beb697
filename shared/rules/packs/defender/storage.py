"""`defender.plan.storage`."""

from shared.domain.severity import Severity
from shared.rules.packs.defender._plans import defender_plan

RULE = defender_plan(
    "defender.plan.storage",
    "StorageAccounts",
    "Defender for Storage",
    watches="malware and unusual access in storage accounts raise no alert",
    severity=Severity.HIGH,
    risk_score=70,
    page="defender-for-storage-introduction",
)
