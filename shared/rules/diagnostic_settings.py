"""Diagnostic settings: which logs a resource, a subscription or a directory exports.

A log is named by its category, or by a group of them (`audit`, `allLogs`):
https://learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from shared.rules.base import RuleStatus
from shared.rules.expectations import (
    Expectation,
    all_of,
    any_of,
    is_one_of,
    is_true,
    some_entry,
)
from shared.rules.resources import ResourceColumns

SETTINGS: Final = "microsoft.insights/diagnosticsettings"
"""Settings of a resource or a subscription, as extensions of it."""

_LOGS: Final = "properties.logs"
_is_enabled: Final = is_true("enabled", absent=False)

exports_logs: Final = some_entry(_LOGS, _is_enabled)
"""At least one log is exported."""


def exports(category: str, *groups: str) -> Expectation:
    """The log of this category is exported, by its name or in one of the groups that hold it."""
    named = is_one_of("category", category, absent="none")
    grouped = is_one_of("categoryGroup", *groups, absent="none")
    return some_entry(_LOGS, all_of(_is_enabled, any_of(named, grouped)))


def missing(settings: Iterable[ResourceColumns], categories: Iterable[str], *groups: str) -> list[str]:
    """The categories that none of the settings exports, in the order given.

    Raises:
        ColumnError: a setting does not hold what Azure documents.
    """
    found = list(settings)
    return [
        category
        for category in categories
        if not any(exports(category, *groups).judge(one.columns).status is RuleStatus.PASS for one in found)
    ]


PATHS: Final = exports("any", "any").paths
"""What must be kept of a setting to tell."""
