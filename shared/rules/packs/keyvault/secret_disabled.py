"""`keyvault.secret_disabled`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import NOT_APPLICABLE, every_child
from shared.rules.expectations import where
from shared.rules.packs.keyvault._objects import LIST_SECRETS, SECRET, VAULT, is_enabled, is_own

RULE = every_child(
    RuleMetadata(
        rule_id="keyvault.secret_disabled",
        title="Vault keeps no disabled secrets",
        finding_title="Disabled secret is still in the vault",
        description=(
            "A secret is disabled but was not deleted: whoever may update it can put it to use again, and "
            "what still refers to it fails. Deleting it keeps it recoverable for the vault's retention. "
            "Those behind certificates are reported as certificates."
        ),
        severity=Severity.LOW,
        risk_score=15,
        resource_type="KEY_VAULT_SECRET",
        reads=(VAULT, SECRET),
        references=(LIST_SECRETS, "https://learn.microsoft.com/azure/key-vault/secrets/about-secrets"),
        remediation_steps=(
            "Find what still refers to the secret",
            "Delete it, or enable it where it is needed",
        ),
        auto_remediable=False,
        credential=True,
    ),
    where(is_own, is_enabled),
    none=NOT_APPLICABLE,
)
