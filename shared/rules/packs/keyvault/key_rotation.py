"""`keyvault.key_rotation`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import NOT_APPLICABLE, every_child
from shared.rules.expectations import all_of, where
from shared.rules.packs.keyvault._objects import KEY, LIST_KEYS, VAULT, is_enabled, is_own
from shared.rules.packs.keyvault._rotation import rotates

RULE = every_child(
    RuleMetadata(
        rule_id="keyvault.key_rotation",
        title="Keys rotate by policy",
        finding_title="Key is not rotated by a policy",
        description=(
            "The rotation policy of an enabled key has no action that rotates it: that a new version is "
            "made is left to people. Disabled keys and keys behind certificates are left out."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="KEY_VAULT_KEY",
        reads=(VAULT, KEY),
        references=(
            LIST_KEYS,
            "https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation",
        ),
        remediation_steps=(
            "Add a Rotate action to the rotation policy of the key",
            "Let services use the key without a version, so that they follow",
        ),
        auto_remediable=False,
        credential=True,
    ),
    where(all_of(is_enabled, is_own), rotates),
    none=NOT_APPLICABLE,
)
