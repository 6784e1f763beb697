"""`compute.managed_disks`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import all_of, every_entry, has_entries
from shared.rules.packs.compute._machines import GET, MACHINE
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="compute.managed_disks",
        title="VM uses managed disks",
        finding_title="VM uses an unmanaged disk",
        description=(
            "A disk of the machine is a file in a storage account rather than a managed disk: it has no "
            "access control, encryption settings or redundancy of its own, and Azure retires such disks."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="VIRTUAL_MACHINE",
        reads=(MACHINE,),
        references=(GET, "https://learn.microsoft.com/azure/virtual-machines/unmanaged-disks-deprecation"),
        remediation_steps=("Migrate the disks of the machine to managed disks",),
        auto_remediable=False,
    ),
    all_of(
        has_entries("properties.storageProfile.osDisk.managedDisk"),
        every_entry("properties.storageProfile.dataDisks", has_entries("managedDisk")),
    ),
)
