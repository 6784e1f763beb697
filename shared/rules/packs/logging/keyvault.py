"""`logging.keyvault`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import some_child
from shared.rules.diagnostic_settings import exports

RULE = some_child(
    RuleMetadata(
        rule_id="logging.keyvault",
        title="Key Vault access is logged",
        finding_title="Key Vault access is not logged",
        description=(
            "No diagnostic setting of a Key Vault exports its audit log: nobody can tell who read which "
            "secret or used which key."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="KEY_VAULT",
        reads=("microsoft.keyvault/vaults", "microsoft.insights/diagnosticsettings"),
        references=(
            "https://learn.microsoft.com/rest/api/monitor/diagnostic-settings/list",
            "https://learn.microsoft.com/azure/key-vault/general/logging",
        ),
        remediation_steps=(
            (
                "Create a diagnostic setting of the vault with the category AuditEvent, or the group audit "
                "or allLogs"
            ),
        ),
        auto_remediable=False,
    ),
    exports("AuditEvent", "audit", "allLogs"),
    "does not export its audit log",
)
