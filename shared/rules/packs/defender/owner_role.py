"""`defender.contact.owner_role`."""

from shared.domain.severity import Severity
from shared.rules.expectations import all_of, includes, is_one_of
from shared.rules.packs.defender._contacts import IN_FORCE, contact_rule

RULE = contact_rule(
    "defender.contact.owner_role",
    all_of(
        IN_FORCE,
        is_one_of("properties.notificationsByRole.state", "On", absent="Off"),
        includes("properties.notificationsByRole.roles", "Owner"),
    ),
    "does not mail the alerts of Defender for Cloud to its owners",
    titles=("Owners receive alerts", "Owners do not receive alerts"),
    description="Defender for Cloud does not mail its alerts to those who hold the role Owner.",
    severity=Severity.MEDIUM,
    risk_score=40,
    step="choose the role Owner",
)
