"""`identity.subscription_transfer_policy`."""

from shared.domain.severity import Severity
from shared.rules.expectations import all_of, is_true
from shared.rules.packs.identity._tenant import tenant_metadata
from shared.rules.related_rule import subscription_has

RULE = subscription_has(
    tenant_metadata(
        "identity.subscription_transfer_policy",
        ("Subscriptions cannot move between tenants", "Subscriptions can move between tenants"),
        (
            "Owners may move subscriptions out of the directory, beyond its policies, or bring in others, "
            "which nobody governs. Both are allowed as long as nobody forbids them."
        ),
        Severity.MEDIUM,
        50,
        reads=("microsoft.subscription/policies",),
        references=(
            "https://learn.microsoft.com/rest/api/subscription/subscription-policy/get-policy-for-tenant",
            "https://learn.microsoft.com/azure/cost-management-billing/manage/manage-azure-subscription-policy",
        ),
        steps=(
            "Subscriptions > Manage policies: let no one move subscriptions out of and into the directory",
            "Exempt those who must",
        ),
    ),
    all_of(
        is_true("properties.blockSubscriptionsLeavingTenant", absent=False),
        is_true("properties.blockSubscriptionsIntoTenant", absent=False),
    ),
    "lets subscriptions be moved out of it or into it",
    named="default",
)
