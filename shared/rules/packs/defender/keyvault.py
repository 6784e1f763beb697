"""`defender.plan.keyvault`."""

from shared.domain.severity import Severity
from shared.rules.packs.defender._plans import defender_plan

RULE = defender_plan(
    "defender.plan.keyvault",
    "KeyVaults",
    "Defender for Key Vault",
    watches="unusual access to keys and secrets raises no alert",
    severity=Severity.HIGH,
    risk_score=75,
    page="defender-for-key-vault-introduction",
)
