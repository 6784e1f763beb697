"""`storage.table_logging`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.storage._accounts import ACCOUNT
from shared.rules.packs.storage._logging import SETTINGS, logs_operations

RULE = logs_operations(
    RuleMetadata(
        rule_id="storage.table_logging",
        title="Table operations are logged",
        finding_title="Table operations are not all logged",
        description=(
            "No diagnostic setting of the account's table service logs its reads, writes and deletes: who "
            "touched the data cannot be told afterwards. Several settings together may do so."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="STORAGE_TABLE_SERVICE",
        reads=(ACCOUNT, SETTINGS),
        references=(
            "https://learn.microsoft.com/rest/api/monitor/diagnostic-settings/list",
            "https://learn.microsoft.com/azure/storage/tables/monitor-table-storage",
        ),
        remediation_steps=(
            "Add a diagnostic setting to the table service of the account",
            "Enable StorageRead, StorageWrite and StorageDelete, or all logs, to a Log Analytics workspace",
        ),
        auto_remediable=False,
    ),
    "table",
)
