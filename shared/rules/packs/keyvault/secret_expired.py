"""`keyvault.secret_expired`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.keyvault._ending import none_has_ended
from shared.rules.packs.keyvault._objects import LIST_SECRETS, SECRET, VAULT

RULE = none_has_ended(
    RuleMetadata(
        rule_id="keyvault.secret_expired",
        title="No enabled secret has expired",
        finding_title="Secret has expired and is still enabled",
        description=(
            "A secret is past its expiration date and still enabled: either something broke, or it is "
            "used beyond the time it was meant for. Those behind certificates are reported as "
            "certificates."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="KEY_VAULT_SECRET",
        reads=(VAULT, SECRET),
        references=(LIST_SECRETS, "https://learn.microsoft.com/azure/key-vault/secrets/about-secrets"),
        remediation_steps=("Rotate the secret where it is in use", "Disable or delete it where it is not"),
        auto_remediable=False,
        credential=True,
    )
)
