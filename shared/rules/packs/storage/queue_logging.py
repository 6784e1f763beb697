"""`storage.queue_logging`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.storage._accounts import ACCOUNT
from shared.rules.packs.storage._logging import SETTINGS, logs_operations

RULE = logs_operations(
    RuleMetadata(
        rule_id="storage.queue_logging",
        title="Queue operations are logged",
        finding_title="Queue operations are not all logged",
        description=(
            "No diagnostic setting of the account's queue service logs its reads, writes and deletes: who "
            "touched the data cannot be told afterwards. Several settings together may do so."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="STORAGE_QUEUE_SERVICE",
        reads=(ACCOUNT, SETTINGS),
        references=(
            "https://learn.microsoft.com/rest/api/monitor/diagnostic-settings/list",
            "https://learn.microsoft.com/azure/storage/queues/monitor-queue-storage",
        ),
        remediation_steps=(
            "Add a diagnostic setting to the queue service of the account",
            "Enable StorageRead, StorageWrite and StorageDelete, or all logs, to a Log Analytics workspace",
        ),
        auto_remediable=False,
    ),
    "queue",
)
