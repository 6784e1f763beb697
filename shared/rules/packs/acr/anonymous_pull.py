"""`acr.anonymous_pull`.

Off unless turned on ("Make container registry content publicly available").
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_false
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="acr.anonymous_pull",
        title="Anonymous pull is off",
        finding_title="Registry lets anybody pull",
        description=(
            "Everybody can pull every image of the registry without signing in, with all that was "
            "built into it."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="CONTAINER_REGISTRY",
        reads=("microsoft.containerregistry/registries",),
        references=(
            "https://learn.microsoft.com/rest/api/container-registry/registries/get",
            "https://learn.microsoft.com/azure/container-registry/anonymous-pull-access",
        ),
        remediation_steps=(
            "Check which clients pull without signing in",
            "Disable anonymous pull",
        ),
        auto_remediable=False,
    ),
    is_false("properties.anonymousPullEnabled", absent=False),
)
