"""How long a SQL server's audit records are kept.

`retentionDays` is of the storage destination only, and 0 stands for ever:
https://learn.microsoft.com/rest/api/sql/server-blob-auditing-policies/list-by-server
"""

from __future__ import annotations

from typing import Final

from shared.rules.base import RuleStatus
from shared.rules.columns import ColumnError, text_at, value_at
from shared.rules.expectations import (
    MET,
    NOT_APPLICABLE,
    Columns,
    Expectation,
    Verdict,
    is_one_of,
    unmet,
)

_DAYS: Final = "properties.retentionDays"
_STORAGE: Final = "properties.storageEndpoint"
_MOST: Final = 90
"""Days that are not enough: CIS Microsoft Azure Foundations Benchmark 3.0, 5.1.6, asks for more."""

_is_on: Final = is_one_of("properties.state", "Enabled", absent=None)


def _kept(columns: Columns) -> Verdict:
    on = _is_on.judge(columns)
    if on.status is not RuleStatus.PASS:
        return on
    if text_at(columns, _STORAGE) is None:
        return NOT_APPLICABLE
    days = value_at(columns, _DAYS)
    if isinstance(days, bool) or not isinstance(days, int) or days < 0:
        raise ColumnError(f"{_DAYS}: {'missing' if days is None else 'not a number of days'}")
    if days == 0 or days > _MOST:
        return MET
    return unmet(f"{_DAYS} is {days}, expected 0 or more than {_MOST}")


is_kept: Final = Expectation((*_is_on.paths, _STORAGE, _DAYS), _kept)
"""On, and kept for ever or more than 90 days; not applicable without a storage destination."""
