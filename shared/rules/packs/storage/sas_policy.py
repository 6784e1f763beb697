"""`storage.sas_policy`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.storage._accounts import ACCOUNT, GET
from shared.rules.packs.storage._sas import is_short_lived
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="storage.sas_policy",
        title="SAS tokens are short-lived",
        finding_title="Storage account has no short SAS expiration policy",
        description=(
            "No policy says how long a shared access signature may live, or it allows more than an hour: "
            "a leaked link opens data for as long as its maker liked."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(GET, "https://learn.microsoft.com/azure/storage/common/sas-expiration-policy"),
        remediation_steps=(
            "Set sasPolicy.sasExpirationPeriod to an hour or less",
            "Set expirationAction to Block once the logs show no longer-lived signatures",
        ),
        auto_remediable=False,
        credential=True,
    ),
    is_short_lived,
)
