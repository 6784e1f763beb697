"""`logging.activity_storage_private`.

Azure Monitor writes the activity log to the container `insights-activity-logs`:
https://learn.microsoft.com/azure/azure-monitor/platform/activity-log
Where the account forbids public access, the container's own setting has no effect:
https://learn.microsoft.com/azure/storage/blobs/anonymous-read-access-prevent
"""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleStatus
from shared.rules.columns import value_at
from shared.rules.diagnostic_settings import SETTINGS
from shared.rules.expectations import is_false, is_one_of
from shared.rules.packs.logging._activity_storage import ACCOUNTS, SUBSCRIPTIONS, stored_log_rule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_CONTAINERS: Final = "microsoft.storage/storageaccounts/blobservices/containers"
_CONTAINER: Final = "insights-activity-logs"
_account_forbids: Final = is_false("properties.allowBlobPublicAccess", absent=True)
_is_private: Final = is_one_of("properties.publicAccess", "None", absent="None")


def _fault(account: ResourceColumns, resources: SubscriptionResources) -> str | None:
    if _account_forbids.judge(account.columns).status is RuleStatus.PASS:
        return None
    for one in resources.children(_CONTAINERS, account.id):
        if one.name.lower() == _CONTAINER and _is_private.judge(one.columns).status is not RuleStatus.PASS:
            level = value_at(one.columns, "properties.publicAccess")
            return f"{_CONTAINER} of {account.name} is public: publicAccess is {level}"
    return None


RULE = stored_log_rule(
    RuleMetadata(
        rule_id="logging.activity_storage_private",
        title="Stored activity logs are private",
        finding_title="Stored activity logs are public",
        description=(
            "The container that the activity log of a subscription is exported to can be read by anybody: it "
            "tells who does what, from which address, and what resources there are."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="STORAGE_ACCOUNT",
        reads=(SUBSCRIPTIONS, SETTINGS, ACCOUNTS, _CONTAINERS),
        references=(
            "https://learn.microsoft.com/rest/api/storagerp/blob-containers/list",
            "https://learn.microsoft.com/azure/storage/blobs/anonymous-read-access-prevent",
        ),
        remediation_steps=(
            "Set the access level of the container insights-activity-logs to private",
            "Turn off anonymous access of the storage account",
        ),
        auto_remediable=False,
    ),
    {ACCOUNTS: _account_forbids.paths, _CONTAINERS: _is_private.paths},
    _fault,
)
