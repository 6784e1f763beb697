"""`keyvault.rbac`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true
from shared.rules.packs.keyvault._objects import VAULT
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="keyvault.rbac",
        title="Vault uses RBAC",
        finding_title="Vault is governed by access policies",
        description=(
            "Data of the vault is opened by access policies: they apply to the whole vault, know no time "
            "limits, and whoever may write the vault can grant themselves access. Azure takes a missing "
            "value for access policies."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="KEY_VAULT",
        reads=(VAULT,),
        references=(
            "https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/get",
            "https://learn.microsoft.com/azure/key-vault/general/rbac-migration",
        ),
        remediation_steps=(
            "Assign the roles that match the access policies",
            "Set enableRbacAuthorization to true",
        ),
        auto_remediable=False,
        credential=True,
    ),
    is_true("properties.enableRbacAuthorization", absent=False),
)
