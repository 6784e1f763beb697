"""Hourly quotas shared by several processes: leases of a window's budget (contract 2.5).

Windows are the hours of UTC, counted from the epoch. A process never asks storage for one call: it takes a
block of calls out of the window's budget with one conditional write and spends it by itself. What was leased
counts as spent, whether it is or not: a process that dies takes its block with it, and no call is let
through twice. Blocks shrink as the budget runs out, so that little is lost when it is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

HOUR_SECONDS: Final = 3600
LARGEST_BLOCK: Final = 500
"""Most calls that one process can leave unused when the budget is gone."""
_BLOCKS_PER_BUDGET: Final = 40
_SHARE_OF_REST: Final = 8


def hour_of(at: datetime) -> int:
    """The window that a moment falls in: hours since the epoch. `at` must be aware."""
    return int(at.timestamp()) // HOUR_SECONDS


def reset_of(hour: int) -> int:
    """Epoch second at which the window ends and the next begins."""
    return (hour + 1) * HOUR_SECONDS


@dataclass(frozen=True, slots=True)
class Window:
    """What is stored of a principal's quota: the newest hour it called in, and how much of it is leased."""

    hour: int
    leased: int


@dataclass(frozen=True, slots=True)
class Lease:
    """The outcome of asking for calls: the window to store, and how many calls were granted.

    `granted` 0: the budget is gone and nothing is to be stored.
    """

    window: Window
    granted: int


def largest_block(limit: int) -> int:
    """The largest block ever leased of a budget of `limit` calls."""
    return max(1, min(LARGEST_BLOCK, limit // _BLOCKS_PER_BUDGET))


def lease(stored: Window | None, hour: int, limit: int, wanted: int) -> Lease:
    """Lease up to `wanted` calls (at least one, if there is one) for the window `hour`.

    A stored window that is newer than `hour` belongs to a process whose clock is ahead: it is used, so that
    two clocks never open one window twice. `limit` may have changed since the last lease.
    """
    window = Window(hour, 0) if stored is None or stored.hour < hour else stored
    left = limit - window.leased
    if left <= 0:
        return Lease(window, 0)
    block = min(largest_block(limit), max(1, left // _SHARE_OF_REST))
    granted = max(1, min(wanted, block))
    return Lease(Window(window.hour, window.leased + granted), granted)


def charge(stored: Window | None, hour: int, limit: int, used: int) -> Window:
    """The window after `used` calls that were let through without a lease."""
    window = Window(hour, 0) if stored is None or stored.hour < hour else stored
    return Window(window.hour, min(max(limit, window.leased), window.leased + used))
