"""`identity.managed_identity_federated_subject`."""

from shared.rules.base import RuleScope
from shared.rules.packs.identity._federation import ONE_WORKLOAD, federation_metadata
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    federation_metadata(
        "identity.managed_identity_federated_subject",
        "managed identity",
        reads=(
            "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials",
            "microsoft.managedidentity/userassignedidentities",
        ),
        page="https://learn.microsoft.com/azure/templates/microsoft.managedidentity/userassignedidentities/federatedidentitycredentials",
        scope=RuleScope.RESOURCE,
    ),
    ONE_WORKLOAD,
)
