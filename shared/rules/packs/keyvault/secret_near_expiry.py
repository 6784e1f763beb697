"""`keyvault.secret_near_expiry`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.keyvault._ending import none_ends_soon
from shared.rules.packs.keyvault._objects import LIST_SECRETS, SECRET, VAULT

RULE = none_ends_soon(
    RuleMetadata(
        rule_id="keyvault.secret_near_expiry",
        title="Secret does not expire soon",
        finding_title="Secret expires soon",
        description=(
            "An enabled secret ends within the time that is set, 30 days unless changed. What it opens "
            "usually ends with it. Those behind certificates are reported as certificates."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="KEY_VAULT_SECRET",
        reads=(VAULT, SECRET),
        references=(LIST_SECRETS, "https://learn.microsoft.com/azure/key-vault/secrets/about-secrets"),
        remediation_steps=("Rotate the secret, and see that its users take the new version",),
        auto_remediable=False,
        credential=True,
    )
)
