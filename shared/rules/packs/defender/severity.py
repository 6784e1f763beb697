"""`defender.contact.severity`."""

from shared.domain.severity import Severity
from shared.rules.packs.defender._contacts import contact_rule, told_of

RULE = contact_rule(
    "defender.contact.severity",
    told_of("Alert", "minimalSeverity", "High", "Medium", "Low"),
    "does not mail alerts of high severity",
    titles=("Alert mails are on", "Alerts are not mailed"),
    description="Defender for Cloud mails nobody about its alerts, not even those of high severity.",
    severity=Severity.MEDIUM,
    risk_score=45,
    step="notify about alerts with the severity High (or lower)",
)
