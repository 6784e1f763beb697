"""`defender.contact.email`."""

from shared.domain.severity import Severity
from shared.rules.expectations import all_of, is_set
from shared.rules.packs.defender._contacts import IN_FORCE, contact_rule

RULE = contact_rule(
    "defender.contact.email",
    all_of(IN_FORCE, is_set("properties.emails")),
    "has no security contact with an address",
    titles=("A security contact is set", "No security contact is set"),
    description=(
        "No further address is told of the alerts of Defender for Cloud: they reach only those who hold a "
        "role on the subscription, or nobody."
    ),
    severity=Severity.LOW,
    risk_score=30,
    step="enter the address of those who watch security alerts",
)
