"""`keyvault.secret_expiry_policy`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import NOT_APPLICABLE, every_child
from shared.rules.expectations import is_false, where
from shared.rules.packs.keyvault._objects import LIST_SECRETS, SECRET, VAULT, has_end, is_enabled

RULE = every_child(
    RuleMetadata(
        rule_id="keyvault.secret_expiry_policy",
        title="Secrets expire (access-policy vault)",
        finding_title="Secret without an expiration date (access-policy vault)",
        description=(
            "An enabled secret of a vault that is governed by access policies has no expiration date: "
            "nothing forces its rotation, and what leaks stays good. Disabled ones are left out."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="KEY_VAULT_SECRET",
        reads=(VAULT, SECRET),
        references=(LIST_SECRETS, "https://learn.microsoft.com/azure/key-vault/secrets/about-secrets"),
        remediation_steps=(
            "Set an expiration date on the secret",
            "Rotate it before that date, by a policy where there is one",
        ),
        auto_remediable=False,
        credential=True,
    ),
    where(is_enabled, has_end),
    none=NOT_APPLICABLE,
    applies=is_false("properties.enableRbacAuthorization", absent=False),
)
