"""`compute.vmss_upgrade_policy`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import all_of, is_one_of
from shared.rules.packs.compute._machines import GET_SCALE_SET, SCALE_SET
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="compute.vmss_upgrade_policy",
        title="Scale set keeps instances current",
        finding_title="Scale set does not keep its instances current or trusted",
        description=(
            "Instances follow changes of the model, such as a patched image, only by hand, or start "
            "without trusted launch. The upgrade policy is manual unless set."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="VIRTUAL_MACHINE_SCALE_SET",
        reads=(SCALE_SET,),
        references=(
            GET_SCALE_SET,
            "https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-upgrade-policy",
        ),
        remediation_steps=(
            "Set the upgrade policy to Automatic or Rolling",
            "Use Trusted launch in the model of the scale set",
        ),
        auto_remediable=False,
    ),
    all_of(
        is_one_of("properties.upgradePolicy.mode", "Automatic", "Rolling", absent="Manual"),
        is_one_of(
            "properties.virtualMachineProfile.securityProfile.securityType",
            "TrustedLaunch",
            "ConfidentialVM",
            absent="Standard",
        ),
    ),
)
