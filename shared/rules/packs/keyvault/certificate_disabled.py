"""`keyvault.certificate_disabled`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import NOT_APPLICABLE, every_child
from shared.rules.packs.keyvault._objects import CERTIFICATE, LIST_CERTIFICATES, VAULT, is_enabled

RULE = every_child(
    RuleMetadata(
        rule_id="keyvault.certificate_disabled",
        title="Vault keeps no disabled certificates",
        finding_title="Disabled certificate is still in the vault",
        description=(
            "A certificate is disabled but was not deleted: whoever may update it can put it to use "
            "again, and what still refers to it fails. Deleting it keeps it recoverable for the vault's "
            "retention."
        ),
        severity=Severity.LOW,
        risk_score=15,
        resource_type="KEY_VAULT_CERTIFICATE",
        reads=(VAULT, CERTIFICATE),
        references=(
            LIST_CERTIFICATES,
            "https://learn.microsoft.com/azure/key-vault/certificates/about-certificates",
        ),
        remediation_steps=(
            "Find what still refers to the certificate",
            "Delete it, or enable it where it is needed",
        ),
        auto_remediable=False,
        credential=True,
    ),
    is_enabled,
    none=NOT_APPLICABLE,
)
