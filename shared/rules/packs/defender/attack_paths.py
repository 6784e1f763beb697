"""`defender.contact.attack_paths`."""

from shared.domain.severity import Severity
from shared.rules.packs.defender._contacts import contact_rule, told_of

RULE = contact_rule(
    "defender.contact.attack_paths",
    told_of("AttackPath", "minimalRiskLevel", "High", "Medium", "Low"),
    "does not mail attack paths of high risk",
    titles=("Attack-path mails are on", "Attack paths are not mailed"),
    description=(
        "Defender for Cloud mails nobody about new attack paths of high risk: the notification is off, or "
        "only for those of critical risk."
    ),
    severity=Severity.MEDIUM,
    risk_score=40,
    step="notify about attack paths with the risk level High (or lower)",
)
