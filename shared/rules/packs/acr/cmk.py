"""`acr.cmk`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="acr.cmk",
        title="Registry uses a customer key",
        finding_title="Registry has no customer key",
        description=(
            "Images are encrypted with a key of the platform only; there is no key of your own to revoke."
        ),
        severity=Severity.LOW,
        risk_score=20,
        resource_type="CONTAINER_REGISTRY",
        reads=("microsoft.containerregistry/registries",),
        references=(
            "https://learn.microsoft.com/rest/api/container-registry/registries/get",
            "https://learn.microsoft.com/azure/container-registry/tutorial-enable-customer-managed-keys",
        ),
        remediation_steps=(
            "Create a Premium registry with a key in Key Vault: it cannot be set later",
            "Import the images into it",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.encryption.status", "enabled", absent="disabled"),
)
