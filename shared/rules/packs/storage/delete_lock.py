"""`storage.delete_lock`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.indexed_rule import IndexedRule
from shared.rules.packs.storage._accounts import ACCOUNT
from shared.rules.packs.storage._locks import LOCK, LOCK_PATHS, judge_lock, locked_scopes

RULE = IndexedRule(
    RuleMetadata(
        rule_id="storage.delete_lock",
        title="Account has a delete lock",
        finding_title="Storage account can be deleted without removing a lock",
        description=(
            "No management lock, of the account itself or inherited from its group or subscription, keeps "
            "it from being deleted by mistake."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT, LOCK),
        references=(
            "https://learn.microsoft.com/rest/api/resources/management-locks/list-at-subscription-level",
            "https://learn.microsoft.com/azure/storage/common/lock-account-resource",
        ),
        remediation_steps=("Put a CanNotDelete lock on the account or its resource group",),
        auto_remediable=False,
    ),
    {ACCOUNT: (), LOCK: LOCK_PATHS},
    locked_scopes,
    judge_lock,
)
