"""`identity.ca.device_code_flow`."""

from shared.domain.severity import Severity
from shared.rules.columns import text_at
from shared.rules.expectations import Columns
from shared.rules.packs.identity._conditional_access import (
    POLICIES,
    POLICIES_REFERENCE,
    all_users,
    applications,
    blocks,
    policy,
    unconditional,
)
from shared.rules.packs.identity._tenant import tenant_metadata
from shared.rules.related_rule import subscription_has


def _device_code(columns: Columns) -> str | None:
    # Graph joins several transfer methods with commas.
    methods = text_at(columns, "properties.conditions.authenticationFlows.transferMethods") or ""
    named = {one.strip().lower() for one in methods.split(",")}
    return None if "devicecodeflow" in named else "it is not about the device code flow"


METADATA = tenant_metadata(
    "identity.ca.device_code_flow",
    ("Device code flow is blocked", "Device code flow is not blocked"),
    (
        "No Conditional Access policy in force blocks the device code flow for all users and "
        "applications: an attacker who gets a person to enter a code signs in as that person."
    ),
    Severity.MEDIUM,
    55,
    reads=(POLICIES,),
    references=(
        POLICIES_REFERENCE,
        "https://learn.microsoft.com/entra/identity/conditional-access/policy-block-authentication-flows",
    ),
    steps=(
        (
            "Create a policy for all users and all resources with the condition Authentication flows > "
            "Device code flow that blocks access"
        ),
        "Exclude the accounts of devices that need it",
    ),
)
RULE = subscription_has(
    METADATA,
    policy(all_users, applications(), _device_code, unconditional("authenticationFlows"), blocks),
    "has no policy that blocks the device code flow",
)
