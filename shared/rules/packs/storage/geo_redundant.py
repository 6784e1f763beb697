"""`storage.geo_redundant`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.packs.storage._accounts import ACCOUNT, GET
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="storage.geo_redundant",
        title="Critical data is geo-redundant",
        finding_title="Storage account is kept in one region only",
        description=(
            "The account's data is not copied to a second region: it is unavailable, or lost, with its "
            "region. Suppress where the data can be made anew."
        ),
        severity=Severity.LOW,
        risk_score=20,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(GET, "https://learn.microsoft.com/azure/storage/common/storage-redundancy"),
        remediation_steps=(
            "Change the redundancy of the account to GRS or GZRS, or move data of premium accounts",
        ),
        auto_remediable=False,
    ),
    is_one_of(
        "sku.name",
        "Standard_GRS",
        "Standard_RAGRS",
        "Standard_GZRS",
        "Standard_RAGZRS",
        "StandardV2_GRS",
        "StandardV2_GZRS",
        absent=None,
    ),
)
