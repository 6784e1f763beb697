"""`keyvault.key_near_expiry`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.keyvault._ending import none_ends_soon
from shared.rules.packs.keyvault._objects import KEY, LIST_KEYS, VAULT

RULE = none_ends_soon(
    RuleMetadata(
        rule_id="keyvault.key_near_expiry",
        title="Key does not expire soon",
        finding_title="Key expires soon",
        description=(
            "An enabled key ends within the time that is set, 30 days unless changed. Clients that wrap, "
            "sign or encrypt with it fail then. Those behind certificates are reported as certificates."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="KEY_VAULT_KEY",
        reads=(VAULT, KEY),
        references=(LIST_KEYS, "https://learn.microsoft.com/azure/key-vault/keys/about-keys-details"),
        remediation_steps=("Rotate the key, and see that its users take the new version",),
        auto_remediable=False,
        credential=True,
    )
)
