"""`storage.private_endpoint`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import some_entry_has
from shared.rules.packs.storage._accounts import ACCOUNT, GET
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="storage.private_endpoint",
        title="A private endpoint is used",
        finding_title="Storage account has no approved private endpoint",
        description=(
            "No private endpoint connection to the account is approved: clients in virtual networks reach "
            "it by its public endpoint."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(GET, "https://learn.microsoft.com/azure/storage/common/storage-private-endpoints"),
        remediation_steps=(
            "Create a private endpoint for each service that is used",
            "Approve its connection and resolve the account's name to it",
        ),
        auto_remediable=False,
    ),
    some_entry_has(
        "properties.privateEndpointConnections",
        "properties.privateLinkServiceConnectionState.status",
        "Approved",
    ),
)
