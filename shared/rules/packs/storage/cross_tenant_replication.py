"""`storage.cross_tenant_replication`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import where
from shared.rules.packs.storage._accounts import ACCOUNT, GET, is_off, serves
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="storage.cross_tenant_replication",
        title="No replication to another tenant",
        finding_title="Storage account allows replication to other tenants",
        description=(
            "Object replication may copy blobs to an account of another Microsoft Entra tenant. In "
            "accounts made before 2023-12-15 a missing value allows it, in later ones it forbids it."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(
            GET,
            "https://learn.microsoft.com/azure/storage/blobs/object-replication-prevent-cross-tenant-policies",
        ),
        remediation_steps=(
            "Remove replication policies with accounts of other tenants",
            "Set allowCrossTenantReplication to false",
        ),
        auto_remediable=False,
    ),
    where(serves("blob"), is_off("properties.allowCrossTenantReplication")),
)
