"""`keyvault.key_disabled`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import NOT_APPLICABLE, every_child
from shared.rules.expectations import where
from shared.rules.packs.keyvault._objects import KEY, LIST_KEYS, VAULT, is_enabled, is_own

RULE = every_child(
    RuleMetadata(
        rule_id="keyvault.key_disabled",
        title="Vault keeps no disabled keys",
        finding_title="Disabled key is still in the vault",
        description=(
            "A key is disabled but was not deleted: whoever may update it can put it to use again, and "
            "what still refers to it fails. Deleting it keeps it recoverable for the vault's retention. "
            "Those behind certificates are reported as certificates."
        ),
        severity=Severity.LOW,
        risk_score=15,
        resource_type="KEY_VAULT_KEY",
        reads=(VAULT, KEY),
        references=(LIST_KEYS, "https://learn.microsoft.com/azure/key-vault/keys/about-keys-details"),
        remediation_steps=("Find what still refers to the key", "Delete it, or enable it where it is needed"),
        auto_remediable=False,
        credential=True,
    ),
    where(is_own, is_enabled),
    none=NOT_APPLICABLE,
)
