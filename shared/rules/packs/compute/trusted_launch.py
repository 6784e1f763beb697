"""`compute.trusted_launch`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import all_of, is_one_of, is_true
from shared.rules.packs.compute._machines import GET, MACHINE
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="compute.trusted_launch",
        title="VM uses trusted launch",
        finding_title="VM starts without trusted launch",
        description=(
            "The machine has no secure boot or no virtual TPM: a boot kit or a changed boot loader goes "
            "unnoticed. UEFI settings take effect only with a security type."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="VIRTUAL_MACHINE",
        reads=(MACHINE,),
        references=(GET, "https://learn.microsoft.com/azure/virtual-machines/trusted-launch"),
        remediation_steps=(
            "Upgrade a generation 2 machine to Trusted launch; generation 1 is converted first",
            "Enable secure boot and vTPM",
        ),
        auto_remediable=False,
    ),
    all_of(
        is_one_of(
            "properties.securityProfile.securityType", "TrustedLaunch", "ConfidentialVM", absent="Standard"
        ),
        is_true("properties.securityProfile.uefiSettings.secureBootEnabled", absent=False),
        is_true("properties.securityProfile.uefiSettings.vTpmEnabled", absent=False),
    ),
)
