"""`acr.admin_user`.

"The admin account is disabled by default" ("Authenticate with an Azure container registry").
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_false
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="acr.admin_user",
        title="Registry admin user is off",
        finding_title="Registry has its admin user on",
        description=(
            "The registry's admin user is on: one name and two passwords that may push and delete "
            "everything, shared by whoever has them."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="CONTAINER_REGISTRY",
        reads=("microsoft.containerregistry/registries",),
        references=(
            "https://learn.microsoft.com/rest/api/container-registry/registries/get",
            "https://learn.microsoft.com/azure/container-registry/container-registry-authentication#admin-account",
        ),
        remediation_steps=(
            "Move clients to Entra ID with AcrPull or AcrPush",
            "Disable the admin user",
        ),
        auto_remediable=False,
        credential=True,
    ),
    is_false("properties.adminUserEnabled", absent=False),
)
