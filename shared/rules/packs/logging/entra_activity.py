"""`logging.entra_activity`.

The categories that hold sign-ins and changes; those of risk and provisioning need licences or features that a
directory may not have: https://learn.microsoft.com/entra/identity/monitoring-health/concept-diagnostic-settings-logs-options
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleScope
from shared.rules.packs.logging._directory import directory_exports

RULE = directory_exports(
    RuleMetadata(
        rule_id="logging.entra_activity",
        title="Entra sign-ins and audits are exported",
        finding_title="Entra sign-ins or audits are not exported",
        description=(
            "Sign-ins of people, service principals or managed identities, or changes to the directory, are "
            "exported by no diagnostic setting: they are forgotten after 30 days at most and reach no "
            "monitoring."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="DIRECTORY",
        reads=("microsoft.aadiam/diagnosticsettings",),
        references=(
            "https://learn.microsoft.com/entra/identity/monitoring-health/howto-configure-diagnostic-settings",
            "https://learn.microsoft.com/entra/identity/monitoring-health/reference-reports-data-retention",
        ),
        remediation_steps=("Add the missing categories to a diagnostic setting of Microsoft Entra ID",),
        auto_remediable=False,
        scope=RuleScope.DIRECTORY,
    ),
    "AuditLogs",
    "SignInLogs",
    "NonInteractiveUserSignInLogs",
    "ServicePrincipalSignInLogs",
    "ManagedIdentitySignInLogs",
)
