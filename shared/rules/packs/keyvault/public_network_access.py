"""`keyvault.public_network_access`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import any_of, is_one_of
from shared.rules.network_rules import denies_by_default
from shared.rules.packs.keyvault._objects import VAULT
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="keyvault.public_network_access",
        title="Vault is not public",
        finding_title="Vault can be reached from every network",
        description=(
            "The vault answers requests from any network: neither is public access off nor does its "
            "firewall deny by default; or it admits at least half of the internet. A stolen credential is "
            "then enough to read it."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="KEY_VAULT",
        reads=(VAULT,),
        references=(
            "https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/get",
            "https://learn.microsoft.com/azure/key-vault/general/network-security",
            "https://learn.microsoft.com/azure/private-link/network-security-perimeter-transition",
        ),
        remediation_steps=(
            "Give clients private endpoints, or name their networks in the firewall",
            "Set publicNetworkAccess to Disabled, or networkAcls.defaultAction to Deny",
        ),
        auto_remediable=False,
    ),
    any_of(
        is_one_of("properties.publicNetworkAccess", "Disabled", "SecuredByPerimeter", absent="Enabled"),
        denies_by_default,
    ),
)
