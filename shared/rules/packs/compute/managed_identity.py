"""`compute.managed_identity`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_none_of
from shared.rules.packs.compute._machines import GET, MACHINE
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="compute.managed_identity",
        title="VM has a managed identity",
        finding_title="VM has no managed identity",
        description=(
            "The machine has no identity of its own: what runs on it must hold credentials to reach Azure "
            "services, and agents that need an identity do not work."
        ),
        severity=Severity.LOW,
        risk_score=20,
        resource_type="VIRTUAL_MACHINE",
        reads=(MACHINE,),
        references=(
            GET,
            "https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/overview",
        ),
        remediation_steps=(
            "Assign a system-assigned or user-assigned managed identity",
            "Replace stored credentials by it",
        ),
        auto_remediable=False,
        credential=True,
    ),
    is_none_of("identity.type", "None", absent="None"),
)
