"""`compute.disk_cmk_unattached`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import where
from shared.rules.packs.compute._disks import DISK, GET, has_own_key, is_unattached
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="compute.disk_cmk_unattached",
        title="Unattached disks use a customer key",
        finding_title="Unattached disk is encrypted with a platform key",
        description=(
            "A disk that no machine has is encrypted with a key that Microsoft keeps and rotates. A key "
            "of one's own can be revoked, and its use is logged."
        ),
        severity=Severity.LOW,
        risk_score=20,
        resource_type="DISK",
        reads=(DISK,),
        references=(GET, "https://learn.microsoft.com/azure/virtual-machines/disk-encryption"),
        remediation_steps=("Delete the disk if nobody needs it", "Otherwise set a disk encryption set on it"),
        auto_remediable=False,
    ),
    where(is_unattached, has_own_key),
)
