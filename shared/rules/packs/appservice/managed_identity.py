"""`appservice.managed_identity`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_none_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="appservice.managed_identity",
        title="App has a managed identity",
        finding_title="App without managed identity",
        description=(
            "The app has neither a system-assigned nor a user-assigned managed identity: to reach "
            "other Azure services it needs secrets of its own, which must be stored and rotated."
        ),
        severity=Severity.MEDIUM,
        risk_score=40,
        resource_type="APP_SERVICE",
        reads=("microsoft.web/sites",),
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/get",
            "https://learn.microsoft.com/azure/app-service/overview-managed-identity",
        ),
        remediation_steps=(
            "Turn on the system-assigned identity, or assign a user-assigned one",
            "Grant it the roles that the app needs, and remove the secrets that it replaces",
        ),
        auto_remediable=False,
        credential=True,
    ),
    is_none_of("identity.type", "None", absent="None"),
)
