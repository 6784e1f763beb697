"""`storage.trusted_services`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of, where
from shared.rules.packs.storage._accounts import ACCOUNT, GET, lets_services_in
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="storage.trusted_services",
        title="Trusted Azure services may pass",
        finding_title="Storage account shuts trusted Azure services out",
        description=(
            "The account denies by default and has no exception for trusted Azure services: backup, "
            "logging and other platform services that need it cannot reach it. Where everything is "
            "admitted there is nothing to except."
        ),
        severity=Severity.LOW,
        risk_score=15,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(
            GET,
            "https://learn.microsoft.com/azure/storage/common/storage-network-security-trusted-azure-services",
        ),
        remediation_steps=(
            "Add AzureServices to networkAcls.bypass, or grant single services by resource instance rules",
        ),
        auto_remediable=False,
    ),
    where(
        is_one_of("properties.networkAcls.defaultAction", "Deny", absent="Allow"),
        lets_services_in,
    ),
)
