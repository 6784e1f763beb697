"""`identity.ca.named_locations`."""

from shared.domain.severity import Severity
from shared.rules.expectations import is_true
from shared.rules.packs.identity._tenant import tenant_metadata
from shared.rules.related_rule import subscription_has

METADATA = tenant_metadata(
    "identity.ca.named_locations",
    ("Trusted locations are defined", "No trusted location is defined"),
    (
        "No named location is marked as trusted: neither policies nor risk detection can tell the "
        "organisation's networks from others."
    ),
    Severity.LOW,
    20,
    reads=("graph/namedlocations",),
    references=(
        "https://learn.microsoft.com/graph/api/resources/ipnamedlocation",
        "https://learn.microsoft.com/entra/identity/conditional-access/concept-assignment-network",
    ),
    steps=("Define the public addresses of the organisation as a named location, and mark it as trusted",),
)
RULE = subscription_has(
    METADATA, is_true("properties.isTrusted", absent=False), "has no named location that is trusted"
)
