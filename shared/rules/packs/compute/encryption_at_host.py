"""`compute.encryption_at_host`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true
from shared.rules.packs.compute._machines import GET, MACHINE
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="compute.encryption_at_host",
        title="Host encryption is on",
        finding_title="VM has no encryption at host",
        description=(
            "Temporary disks and caches of the machine are not encrypted on its host, nor is data on its "
            "way to storage. Off unless set."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="VIRTUAL_MACHINE",
        reads=(MACHINE,),
        references=(
            GET,
            "https://learn.microsoft.com/azure/virtual-machines/disks-enable-host-based-encryption-portal",
        ),
        remediation_steps=(
            "Register the feature EncryptionAtHost in the subscription",
            "Stop the machine and enable encryption at host",
        ),
        auto_remediable=False,
    ),
    is_true("properties.securityProfile.encryptionAtHost", absent=False),
)
