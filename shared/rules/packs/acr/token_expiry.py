"""`acr.token_expiry`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import every_child
from shared.rules.expectations import NOT_APPLICABLE, every_entry, is_one_of, is_set, where

RULE = every_child(
    RuleMetadata(
        rule_id="acr.token_expiry",
        title="Registry token passwords expire",
        finding_title="Registry token password never expires",
        description=(
            "An enabled token of the registry has a password without an end: it is valid until "
            "somebody deletes it."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="CONTAINER_REGISTRY_TOKEN",
        reads=("microsoft.containerregistry/registries", "microsoft.containerregistry/registries/tokens"),
        references=(
            "https://learn.microsoft.com/rest/api/container-registry/tokens/list",
            "https://learn.microsoft.com/azure/container-registry/container-registry-token-based-repository-permissions",
        ),
        remediation_steps=(
            "Generate a password with an expiration date",
            "Move clients to it, and delete the other",
            "Prefer Entra ID identities where clients can use them",
        ),
        auto_remediable=False,
        credential=True,
    ),
    where(
        is_one_of("properties.status", "enabled", absent="enabled"),
        every_entry("properties.credentials.passwords", is_set("expiry")),
    ),
    none=NOT_APPLICABLE,
)
