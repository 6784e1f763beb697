"""`compute.disk_data_access_auth`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.packs.compute._disks import DISK, GET
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="compute.disk_data_access_auth",
        title="Disk export needs Entra",
        finding_title="Disk export needs no Microsoft Entra sign-in",
        description=(
            "A link to export the disk or upload to it works for whoever holds it. With the Entra mode "
            "the caller must also sign in and have the role for it."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="DISK",
        reads=(DISK,),
        references=(GET, "https://learn.microsoft.com/azure/virtual-machines/windows/download-vhd"),
        remediation_steps=(
            "Set dataAccessAuthMode to AzureActiveDirectory",
            "Assign Data Operator for Managed Disks to those who export",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.dataAccessAuthMode", "AzureActiveDirectory", absent="None"),
)
