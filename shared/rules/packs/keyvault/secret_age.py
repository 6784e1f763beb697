"""`keyvault.secret_age`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import all_of
from shared.rules.packs.keyvault._age import set_long_ago
from shared.rules.packs.keyvault._objects import (
    CREATED,
    LIST_SECRETS,
    SECRET,
    VAULT,
    each_object,
    is_enabled,
    is_own,
)

RULE = each_object(
    RuleMetadata(
        rule_id="keyvault.secret_age",
        title="Secret was rotated in the last year",
        finding_title="Secret was not rotated for a year",
        description=(
            "The current value of an enabled secret is older than a year: whoever ever held it can still "
            "use it. Secrets behind certificates are left out."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="KEY_VAULT_SECRET",
        reads=(VAULT, SECRET),
        references=(LIST_SECRETS, "https://learn.microsoft.com/azure/key-vault/secrets/tutorial-rotation"),
        remediation_steps=(
            "Set a new value where the secret is issued, and in the vault",
            "Automate it by an event of the vault",
        ),
        auto_remediable=False,
        credential=True,
    ),
    set_long_ago,
    (CREATED,),
    all_of(is_enabled, is_own),
)
