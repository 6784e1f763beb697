"""`storage.key_rotation_90d`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.storage._accounts import ACCOUNT, GET
from shared.rules.packs.storage._keys import PATHS, judge_age
from shared.rules.related_rule import RelatedRule

RULE = RelatedRule(
    RuleMetadata(
        rule_id="storage.key_rotation_90d",
        title="Account keys are rotated",
        finding_title="Storage account key older than 90 days",
        description=(
            "An access key of the account was not regenerated for more than 90 days, or never since Azure "
            "records it. Whoever held it has full access to all data. Accounts whose keys open nothing are "
            "left out."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(GET, "https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage"),
        remediation_steps=(
            "Move clients to the other key, or better to Microsoft Entra authorization",
            "Regenerate the key",
            "Repeat for the other key",
        ),
        auto_remediable=False,
        credential=True,
    ),
    {ACCOUNT: PATHS},
    judge_age,
)
