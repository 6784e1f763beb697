"""`keyvault.purge_protection`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import all_of, is_true
from shared.rules.packs.keyvault._objects import VAULT
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="keyvault.purge_protection",
        title="Vault cannot be purged",
        finding_title="Vault and its contents can be purged",
        description=(
            "Purge protection is not on: who may purge can destroy a deleted vault, key or secret before "
            "its retention is over, and all data that they encrypt with it. Azure turns soft delete on "
            "unless told otherwise."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="KEY_VAULT",
        reads=(VAULT,),
        references=(
            "https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/get",
            "https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview",
        ),
        remediation_steps=(
            "Enable soft delete where it is off",
            "Enable purge protection; it cannot be turned off again",
        ),
        auto_remediable=False,
    ),
    all_of(
        is_true("properties.enablePurgeProtection", absent=False),
        is_true("properties.enableSoftDelete", absent=True),
    ),
)
