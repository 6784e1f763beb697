"""`compute.disk_cmk_attached`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import where
from shared.rules.packs.compute._disks import DISK, GET, has_own_key, is_attached
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="compute.disk_cmk_attached",
        title="Attached disks use a customer key",
        finding_title="Attached disk is encrypted with a platform key",
        description=(
            "A disk of a machine is encrypted with a key that Microsoft keeps and rotates. A key of one's "
            "own can be revoked, and its use is logged."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="DISK",
        reads=(DISK,),
        references=(GET, "https://learn.microsoft.com/azure/virtual-machines/disk-encryption"),
        remediation_steps=(
            "Create a disk encryption set with a key of a vault with purge protection",
            "Set it on the disk, while the disk's machine is stopped",
        ),
        auto_remediable=False,
    ),
    where(is_attached, has_own_key),
)
