"""`compute.vmss_linux_password_auth`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import has_entries, where
from shared.rules.packs.compute._machines import GET_SCALE_SET, SCALE_SET, keys_only
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="compute.vmss_linux_password_auth",
        title="Linux scale set accepts keys only",
        finding_title="Linux scale set is set up with password sign-in",
        description=(
            "Instances of the scale set are set up so that people sign in to SSH with a password: it can "
            "be guessed, and is the same everywhere. Allowed unless password authentication is disabled."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="VIRTUAL_MACHINE_SCALE_SET",
        reads=(SCALE_SET,),
        references=(
            GET_SCALE_SET,
            "https://learn.microsoft.com/azure/virtual-machines/linux/create-ssh-keys-detailed",
        ),
        remediation_steps=(
            "Deploy SSH keys with the model of the scale set",
            "Set disablePasswordAuthentication and upgrade the instances",
        ),
        auto_remediable=False,
        credential=True,
    ),
    where(
        has_entries("properties.virtualMachineProfile.osProfile.linuxConfiguration"),
        keys_only("properties.virtualMachineProfile.osProfile"),
    ),
)
