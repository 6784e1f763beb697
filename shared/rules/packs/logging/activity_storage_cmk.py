"""`logging.activity_storage_cmk`."""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleStatus
from shared.rules.diagnostic_settings import SETTINGS
from shared.rules.expectations import is_one_of
from shared.rules.packs.logging._activity_storage import ACCOUNTS, SUBSCRIPTIONS, stored_log_rule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_has_own_key: Final = is_one_of(
    "properties.encryption.keySource", "Microsoft.Keyvault", absent="Microsoft.Storage"
)


def _fault(account: ResourceColumns, resources: SubscriptionResources) -> str | None:
    verdict = _has_own_key.judge(account.columns)
    if verdict.status is RuleStatus.PASS:
        return None
    return f"{account.name} stores the activity log and is encrypted with a key that Azure manages"


RULE = stored_log_rule(
    RuleMetadata(
        rule_id="logging.activity_storage_cmk",
        title="Stored activity logs use a customer key",
        finding_title="Key of stored activity logs is managed by Azure",
        description=(
            "A storage account that the activity log of a subscription is exported to is encrypted with "
            "a key that Azure manages: it can neither be revoked nor rotated by its owner."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="STORAGE_ACCOUNT",
        reads=(SUBSCRIPTIONS, SETTINGS, ACCOUNTS),
        references=(
            "https://learn.microsoft.com/rest/api/storagerp/storage-accounts/get-properties",
            "https://learn.microsoft.com/azure/storage/common/customer-managed-keys-overview",
        ),
        remediation_steps=(
            "Create a key in a Key Vault with soft delete and purge protection",
            "Set it as the encryption key of the storage account",
        ),
        auto_remediable=False,
    ),
    {ACCOUNTS: _has_own_key.paths},
    _fault,
)
