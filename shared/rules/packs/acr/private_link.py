"""`acr.private_link`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of, some_entry
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="acr.private_link",
        title="Registry uses private link",
        finding_title="Registry has no private endpoint",
        description=(
            "No approved private endpoint leads to the registry: images are pulled and pushed over "
            "its public endpoint."
        ),
        severity=Severity.MEDIUM,
        risk_score=40,
        resource_type="CONTAINER_REGISTRY",
        reads=("microsoft.containerregistry/registries",),
        references=(
            "https://learn.microsoft.com/rest/api/container-registry/registries/get",
            "https://learn.microsoft.com/azure/container-registry/container-registry-private-link",
        ),
        remediation_steps=(
            "Move the registry to Premium",
            "Create a private endpoint for it, and approve the connection",
        ),
        auto_remediable=False,
    ),
    some_entry(
        "properties.privateEndpointConnections",
        is_one_of("properties.privateLinkServiceConnectionState.status", "Approved", absent="Pending"),
    ),
)
