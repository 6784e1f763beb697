"""Whether reads, writes and deletes of one service of an account are logged.

A service's logs are routed by diagnostic settings, extensions of `{account}/{service}Services/default`:
https://learn.microsoft.com/azure/storage/blobs/monitor-blob-storage. Their categories:
https://learn.microsoft.com/azure/azure-monitor/reference/supported-logs/microsoft-storage-storageaccounts-blobservices-logs
(the same three for queues and tables). One setting may hold what another lacks.
"""

from __future__ import annotations

from typing import Final

from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, entries_at, text_at, value_at
from shared.rules.packs.storage._accounts import ACCOUNT, serves
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

SETTINGS: Final = "microsoft.insights/diagnosticsettings"
CATEGORIES: Final = ("StorageRead", "StorageWrite", "StorageDelete")
_EVERYTHING: Final = "alllogs"


def logs_operations(metadata: RuleMetadata, service: str) -> RelatedRule:
    """Settings of the service (`blob`, `queue`, `table`) log its reads, writes and deletes."""
    applies = serves(service)

    def judge(
        metadata: RuleMetadata, account: ResourceColumns, resources: SubscriptionResources
    ) -> RuleResult:
        if applies.judge(account.columns).status is not RuleStatus.PASS:
            return RuleResult(metadata.rule_id, account.id, RuleStatus.NOT_APPLICABLE)
        unlisted = resources.unlisted(SETTINGS, account.id)
        if unlisted is not None:
            raise ColumnError(unlisted)
        below = f"{account.id}/{service}Services/default"
        settings = resources.children(SETTINGS, below)
        enabled = {word for one in settings for word in _enabled(one)}
        if _EVERYTHING in enabled:
            return judged(metadata, account.id, ())
        lacking = [name for name in CATEGORIES if name.lower() not in enabled]
        if not lacking:
            return judged(metadata, account.id, ())
        if "audit" in enabled:
            reason = f"{', '.join(lacking)}: not documented whether the group audit of a setting holds it"
            return judged(metadata, account.id, (), reason)
        words = f"{account.name}: no diagnostic setting logs {', '.join(lacking)} of its {service} service"
        evidence = {"settings": [one.name for one in settings], "not_logged": lacking}
        finding = resource_finding(metadata, account.id, words, evidence, subject=below)
        return judged(metadata, account.id, [finding])

    columns = {ACCOUNT: applies.paths, SETTINGS: ("properties.logs",)}
    return RelatedRule(metadata, columns, judge)


def _enabled(setting: ResourceColumns) -> set[str]:
    found = set()
    for number, entry in enumerate(entries_at(setting.columns, "properties.logs")):
        on = value_at(entry, "enabled")
        if not isinstance(on, bool):
            raise ColumnError(f"{setting.name}: properties.logs[{number}].enabled: neither true nor false")
        word = text_at(entry, "category") or text_at(entry, "categoryGroup")
        if on and word:
            found.add(word.lower())
    return found
