"""Backup policies of a Recovery Services vault: whether they protect anything, and how long they keep it.

The shape depends on what is backed up (`backupManagementType`):
https://learn.microsoft.com/rest/api/backup/backup-policies/list
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.rules.columns import ColumnError, entries_at, text_at, value_at
from shared.rules.expectations import MET, Columns, Expectation, Verdict, is_at_least, unmet

VAULT: Final = "microsoft.recoveryservices/vaults"
POLICY: Final = "microsoft.recoveryservices/vaults/backuppolicies"

LEAST_DAYS: Final = 30

_DAYS: Final = {"days": 1, "weeks": 7, "months": 30, "years": 365}
"""RetentionDurationType, in days."""

_RETENTION: Final = "properties.retentionPolicy"
_VAULTED: Final = "properties.vaultRetentionPolicy"
_PARTS: Final = "properties.subProtectionPolicy"

is_used: Final = is_at_least("properties.protectedItemsCount", 1, absent=1)
"""Something is protected by the policy. Not told: it is taken for used."""


def _judge(columns: Columns) -> Verdict:
    spans = [days for one in _retentions(columns) for days in _days(one)]
    if not spans:
        raise ColumnError("no retention of full backups that is understood")
    if max(spans) >= LEAST_DAYS:
        return MET
    return unmet(f"keeps backups for {max(spans)} days, expected at least {LEAST_DAYS}")


is_kept: Final = Expectation((_RETENTION, _VAULTED, _PARTS), _judge)
"""The most frequent full backups are kept for `LEAST_DAYS`."""


def _retentions(columns: Columns) -> Iterator[Mapping[str, Any]]:
    """Of machines and disks, of file shares that are kept in the vault, and of databases' full backups."""
    for path in (_RETENTION, f"{_VAULTED}.vaultRetention"):
        found = value_at(columns, path)
        if isinstance(found, Mapping):
            yield found
        elif found is not None:
            raise ColumnError(f"{path}: not an object")
    for part in entries_at(columns, _PARTS):
        kind = (text_at(part, "policyType") or "").lower()
        found = value_at(part, "retentionPolicy")
        if kind in ("full", "snapshotfull") and isinstance(found, Mapping):
            yield found


def _days(retention: Mapping[str, Any]) -> Iterator[int]:
    """The shortest schedule's duration: daily before weekly, monthly, yearly; or the only one."""
    for schedule in ("dailySchedule", "weeklySchedule", "monthlySchedule", "yearlySchedule"):
        if value_at(retention, schedule) is not None:
            yield _duration(retention, f"{schedule}.retentionDuration")
            return
    if value_at(retention, "retentionDuration") is not None:
        yield _duration(retention, "retentionDuration")


def _duration(retention: Mapping[str, Any], path: str) -> int:
    count, unit = value_at(retention, f"{path}.count"), text_at(retention, f"{path}.durationType")
    days = _DAYS.get((unit or "").lower())
    if isinstance(count, bool) or not isinstance(count, int) or days is None:
        raise ColumnError(f"retention {path}: not a count of days, weeks, months or years")
    return count * days
