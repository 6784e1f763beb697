"""`identity.federated_subject`."""

from shared.rules.base import RuleScope
from shared.rules.packs.identity._federation import CREDENTIAL_NAME, ONE_WORKLOAD, federation_metadata
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    federation_metadata(
        "identity.federated_subject",
        "application",
        reads=("graph/federatedidentitycredentials",),
        page="https://learn.microsoft.com/graph/api/resources/federatedidentitycredential",
        scope=RuleScope.DIRECTORY,
    ),
    ONE_WORKLOAD,
    called=CREDENTIAL_NAME,
)
