"""`compute.disk_network_access`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import any_of, is_one_of
from shared.rules.packs.compute._disks import DISK, GET
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="compute.disk_network_access",
        title="Disk cannot be exported over the internet",
        finding_title="Disk can be exported over the internet",
        description=(
            "Whoever may ask for access to the disk gets a link that works from any network: the whole "
            "disk can be copied out. Either a network access policy or the lack of public network access "
            "prevents it."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="DISK",
        reads=(DISK,),
        references=(
            GET,
            "https://learn.microsoft.com/azure/virtual-machines/disks-enable-private-links-for-import-export-portal",
        ),
        remediation_steps=(
            "Set networkAccessPolicy to DenyAll, or to AllowPrivate with a disk access resource",
            "Set publicNetworkAccess to Disabled",
        ),
        auto_remediable=True,
    ),
    any_of(
        is_one_of("properties.networkAccessPolicy", "DenyAll", "AllowPrivate", absent="AllowAll"),
        is_one_of("properties.publicNetworkAccess", "Disabled", absent="Enabled"),
    ),
)
