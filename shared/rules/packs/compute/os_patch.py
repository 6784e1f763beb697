"""`compute.os_patch`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.compute._machines import GET, MACHINE, is_patched
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="compute.os_patch",
        title="Patches are assessed and applied",
        finding_title="VM is not patched by the platform",
        description=(
            "The machine is not set to be assessed for missing patches by the platform, or not to have "
            "them applied: both modes must be AutomaticByPlatform."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="VIRTUAL_MACHINE",
        reads=(MACHINE,),
        references=(GET, "https://learn.microsoft.com/azure/virtual-machines/automatic-vm-guest-patching"),
        remediation_steps=(
            "Set patchMode and assessmentMode to AutomaticByPlatform",
            "Or let Azure Update Manager schedule the patches",
        ),
        auto_remediable=False,
    ),
    is_patched,
)
