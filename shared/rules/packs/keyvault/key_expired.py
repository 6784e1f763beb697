"""`keyvault.key_expired`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.keyvault._ending import none_has_ended
from shared.rules.packs.keyvault._objects import KEY, LIST_KEYS, VAULT

RULE = none_has_ended(
    RuleMetadata(
        rule_id="keyvault.key_expired",
        title="No enabled key has expired",
        finding_title="Key has expired and is still enabled",
        description=(
            "A key is past its expiration date and still enabled: either something broke, or it is used "
            "beyond the time it was meant for. Those behind certificates are reported as certificates."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="KEY_VAULT_KEY",
        reads=(VAULT, KEY),
        references=(LIST_KEYS, "https://learn.microsoft.com/azure/key-vault/keys/about-keys-details"),
        remediation_steps=("Rotate the key where it is in use", "Disable or delete it where it is not"),
        auto_remediable=False,
        credential=True,
    )
)
