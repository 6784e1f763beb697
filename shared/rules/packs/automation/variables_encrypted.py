"""`automation.variables_encrypted`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import every_child
from shared.rules.expectations import NOT_APPLICABLE, is_true

RULE = every_child(
    RuleMetadata(
        rule_id="automation.variables_encrypted",
        title="Automation variables are encrypted",
        finding_title="Automation variable is not encrypted",
        description=(
            "A variable of the Automation account is stored in plain: everyone who can read the "
            "account can read it, and runbooks often keep passwords in variables."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="AUTOMATION_VARIABLE",
        reads=(
            "microsoft.automation/automationaccounts",
            "microsoft.automation/automationaccounts/variables",
        ),
        references=(
            "https://learn.microsoft.com/rest/api/automation/variable/list-by-automation-account",
            "https://learn.microsoft.com/azure/automation/shared-resources/variables",
        ),
        remediation_steps=(
            "Create the variable anew as encrypted: it cannot be changed afterwards",
            "Rotate what stood in it",
            "Or keep secrets in Key Vault",
        ),
        auto_remediable=False,
        credential=True,
    ),
    is_true("properties.isEncrypted", absent=False),
    none=NOT_APPLICABLE,
)
