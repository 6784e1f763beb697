"""What flow logs are of, how long they are kept, and where they go.

Properties: https://learn.microsoft.com/rest/api/network-watcher/flow-logs/get
"""

from __future__ import annotations

from typing import Final

from shared.domain.resource import parse_arm_id
from shared.rules.columns import ColumnError, text_at, value_at
from shared.rules.expectations import (
    MET,
    NOT_APPLICABLE,
    Columns,
    Expectation,
    Verdict,
    all_of,
    is_set,
    is_true,
    unmet,
)

LEAST_DAYS: Final = 90
"""CIS Microsoft Azure Foundations Benchmark, flow log retention."""

TARGET: Final = "properties.targetResourceId"
_DAYS: Final = "properties.retentionPolicy.days"
_POLICY: Final = "properties.retentionPolicy.enabled"
_ANALYTICS: Final = "properties.flowAnalyticsConfiguration.networkWatcherFlowAnalyticsConfiguration"


def _of(*kinds: str) -> Expectation:
    def judge(columns: Columns) -> Verdict:
        target = text_at(columns, TARGET)
        if target is None:
            raise ColumnError(f"{TARGET}: missing")
        try:
            found = parse_arm_id(target).type
        except ValueError as error:
            raise ColumnError(f"{TARGET}: {error}") from error
        return MET if found in kinds else NOT_APPLICABLE

    return Expectation((TARGET,), judge)


of_nsg = _of("microsoft.network/networksecuritygroups")
"""A flow log of a network security group."""

of_network = _of(
    "microsoft.network/virtualnetworks",
    "microsoft.network/virtualnetworks/subnets",
    "microsoft.network/networkinterfaces",
)
"""A virtual network flow log: of a network, or of a subnet or an interface of one
(https://learn.microsoft.com/azure/network-watcher/vnet-flow-logs-overview)."""


def _kept_long(columns: Columns) -> Verdict:
    days, enforced = value_at(columns, _DAYS), value_at(columns, _POLICY)
    if enforced is not None and not isinstance(enforced, bool):
        raise ColumnError(f"{_POLICY}: neither true nor false")
    if days is not None and (isinstance(days, bool) or not isinstance(days, int) or days < 0):
        raise ColumnError(f"{_DAYS}: not a number of days")
    if not enforced or not days or days >= LEAST_DAYS:
        return MET
    return unmet(f"{_DAYS} is {days}, expected 0 or at least {LEAST_DAYS}")


is_kept = all_of(is_true("properties.enabled", absent=False), Expectation((_DAYS, _POLICY), _kept_long))
"""On, and kept long enough. Without an enabled retention policy, or with 0 days, nothing is deleted."""

is_analysed = all_of(
    is_true("properties.enabled", absent=False),
    is_true(f"{_ANALYTICS}.enabled", absent=False),
    is_set(f"{_ANALYTICS}.workspaceResourceId"),
)
"""On, and sent to a Log Analytics workspace by traffic analytics."""
