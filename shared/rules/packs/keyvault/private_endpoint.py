"""`keyvault.private_endpoint`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import some_entry_has
from shared.rules.packs.keyvault._objects import VAULT
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="keyvault.private_endpoint",
        title="Vault uses a private endpoint",
        finding_title="Vault has no approved private endpoint",
        description=(
            "No private endpoint connection to the vault is approved: clients in virtual networks reach "
            "it by its public endpoint."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="KEY_VAULT",
        reads=(VAULT,),
        references=(
            "https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/get",
            "https://learn.microsoft.com/azure/key-vault/general/private-link-service",
        ),
        remediation_steps=(
            "Create a private endpoint for the vault",
            "Approve its connection and resolve the vault's name to it",
        ),
        auto_remediable=False,
    ),
    some_entry_has(
        "properties.privateEndpointConnections",
        "properties.privateLinkServiceConnectionState.status",
        "Approved",
    ),
)
