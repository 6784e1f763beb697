"""Retention of what was deleted: off unless enabled, and for a number of days.

https://learn.microsoft.com/rest/api/storagerp/blob-services/get-service-properties (DeleteRetentionPolicy)
"""

from __future__ import annotations

from typing import Final

from shared.rules.expectations import Expectation, all_of, is_at_least, is_true

LEAST_DAYS: Final = 7
"""CIS Microsoft Azure Foundations Benchmark, soft delete of blobs and containers."""


def kept_after_deletion(policy: str) -> Expectation:
    """The policy at a path such as `properties.deleteRetentionPolicy` is on, for long enough."""
    return all_of(
        is_true(f"{policy}.enabled", absent=False), is_at_least(f"{policy}.days", LEAST_DAYS, absent=0)
    )
