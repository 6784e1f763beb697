"""`identity.ca.geo_policy`."""

from shared.domain.severity import Severity
from shared.rules.expectations import Columns
from shared.rules.packs.identity._conditional_access import (
    POLICIES,
    POLICIES_REFERENCE,
    blocks,
    policy,
    restricts_locations,
    some_users,
)
from shared.rules.packs.identity._tenant import tenant_metadata
from shared.rules.related_rule import subscription_has


def _by_location(columns: Columns) -> str | None:
    return None if restricts_locations(columns) else "it is not about locations"


METADATA = tenant_metadata(
    "identity.ca.geo_policy",
    ("A geographic access policy exists", "No geographic access policy"),
    (
        "No Conditional Access policy in force blocks access by location: sign-ins are accepted from "
        "everywhere."
    ),
    Severity.LOW,
    30,
    reads=(POLICIES,),
    references=(
        POLICIES_REFERENCE,
        "https://learn.microsoft.com/entra/identity/conditional-access/policy-block-by-location",
    ),
    steps=(
        "Define named locations",
        "Create a policy that blocks access from the locations where nobody works",
    ),
)
RULE = subscription_has(
    METADATA,
    policy(some_users, _by_location, blocks),
    "has no policy that blocks access by location",
)
