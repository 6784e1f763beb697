"""Counting calls against the hourly quota of a principal, right over all processes together.

Each process spends blocks that it leases out of the stored window (`shared.domain.quota`); a block is as
large as the process's own demand, so that a quiet one leaves little unused. Ambiguous writes count as lost.

When storage is away, a process lets through one call in a hundred of the limit for each principal and hour,
logs that it does, and charges them to the window as soon as storage answers; beyond that the answer is 503.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from shared.domain.errors import UnavailableError
from shared.domain.page import Versioned
from shared.domain.principal import Principal
from shared.domain.quota import Window, charge, hour_of, largest_block, lease, reset_of
from shared.ports.clock import Clock
from shared.ports.errors import (
    AlreadyExistsError,
    MissingError,
    StorageUnavailableError,
    VersionConflictError,
    WriteUncertainError,
)
from shared.ports.identity import QuotaStore

MAX_PRINCIPALS: Final = 10_000
"""Principals whose leases a process remembers; the block of one that is forgotten is lost."""
MAX_ATTEMPTS: Final = 60
AWAY_SECONDS: Final = 15
"""Storage that did not answer is left alone for so long."""
CREDIT_SHARE: Final = 100
"""The limit divided by this is let through without storage."""
_BUSY_SECONDS: Final = 5
_QUIET_SECONDS: Final = 60
_LONGEST_PAUSE: Final = 0.5

_log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Quota:
    """Where a principal stands after a call was counted. `reset_at`: epoch second of the next window.

    `remaining` is exact where one process serves the principal; others may have leased since.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_at: int


@dataclass(slots=True)
class _Account:
    """What this process holds of one principal's window."""

    hour: int
    limit: int
    left: int = 0
    leased: int = 0
    """Of the window, by all processes, when it was last seen."""
    exhausted: bool = False
    stored: Versioned[Window] | None = None
    credit: int = 0
    owed: int = 0
    wanted: int = 1
    leased_at: float = 0.0
    waiting: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def turn(self, hour: int, limit: int) -> None:
        """Begin a new window, or one under another limit: what was leased before is void."""
        if self.hour < hour:
            self.hour, self.credit, self.owed = hour, 0, 0
        elif self.limit == limit:
            return
        self.limit, self.left, self.exhausted = limit, 0, False

    def quota(self, allowed: bool) -> Quota:
        remaining = 0 if self.exhausted and not self.left else self.limit - self.leased + self.left
        return Quota(allowed, self.limit, max(0, min(self.limit, remaining)), reset_of(self.hour))


class RateLimits:
    """Counts calls. One instance a process."""

    def __init__(self, store: QuotaStore, clock: Clock, *, sleep: Sleep = asyncio.sleep) -> None:
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._accounts: OrderedDict[str, _Account] = OrderedDict()
        self._away_until = 0.0

    async def count(self, principal: Principal) -> Quota:
        """Count one call.

        Raises:
            UnavailableError: it cannot be counted, and what may pass uncounted has passed.
        """
        account = self._account(principal)
        if (quota := _spend(account)) is not None:
            return quota
        account.waiting += 1
        try:
            async with account.lock:
                account.turn(hour_of(self._clock.now()), principal.tier.hourly_limit)
                if (quota := _spend(account)) is not None:
                    return quota
                return await self._spend_new(principal, account)
        finally:
            account.waiting -= 1

    def _account(self, principal: Principal) -> _Account:
        hour, limit = hour_of(self._clock.now()), principal.tier.hourly_limit
        account = self._accounts.get(principal.id)
        if account is None:
            account = self._accounts[principal.id] = _Account(hour, limit)
            if len(self._accounts) > MAX_PRINCIPALS:
                self._accounts.popitem(last=False)
        self._accounts.move_to_end(principal.id)
        account.turn(hour, limit)
        return account

    async def _spend_new(self, principal: Principal, account: _Account) -> Quota:
        now = self._clock.now().timestamp()
        if now < self._away_until:
            return _on_credit(account)
        try:
            await self._lease(principal, account, now)
        except StorageUnavailableError as error:
            self._away_until = now + AWAY_SECONDS
            account.stored = None
            _log.warning(
                "quotas cannot be read (%s): for %d s each caller may make %d calls of its limit uncounted",
                error,
                AWAY_SECONDS,
                _allowance(account.limit),
            )
            return _on_credit(account)
        quota = _spend(account)
        if quota is None:
            raise AssertionError("a lease is either granted or refused")
        return quota

    async def _lease(self, principal: Principal, account: _Account, now: float) -> None:
        wanted = _demand(account, now)
        for attempt in range(MAX_ATTEMPTS):
            stored = account.stored or await self._store.read(principal.id)
            window = stored.value if stored else None
            paid = charge(window, account.hour, account.limit, account.owed) if account.owed else window
            asked = lease(paid, account.hour, account.limit, wanted)
            if asked.granted == 0 and paid == window:
                account.hour, account.exhausted, account.stored = asked.window.hour, True, None
                return
            try:
                etag = await self._store.write(principal.id, asked.window, stored.etag if stored else None)
            except (AlreadyExistsError, VersionConflictError, MissingError, WriteUncertainError):
                account.stored = None
                pause = min(_LONGEST_PAUSE, 0.005 * 2 ** min(attempt, 10))
                await self._sleep(random.uniform(0, pause))  # noqa: S311 - spreads writers, guards nothing
                continue
            account.hour, account.owed = asked.window.hour, 0
            account.stored = Versioned(asked.window, etag)
            account.left, account.leased = asked.granted, asked.window.leased
            account.exhausted = asked.granted == 0
            account.leased_at, account.wanted = now, wanted
            return
        raise UnavailableError("This call cannot be counted now; try again", retry_after=1)


def _spend(account: _Account) -> Quota | None:
    """Take a call from the lease, or refuse it; None where storage must be asked."""
    if account.left > 0:
        account.left -= 1
        return account.quota(True)
    return account.quota(False) if account.exhausted else None


def _demand(account: _Account, now: float) -> int:
    """How many calls to ask for: twice as many where the last block went fast, half where it lasted."""
    wanted, lasted = account.wanted, now - account.leased_at
    if lasted < _BUSY_SECONDS:
        wanted *= 2
    elif lasted > _QUIET_SECONDS:
        wanted //= 2
    return max(1, account.waiting, min(wanted, largest_block(account.limit)))


def _allowance(limit: int) -> int:
    return max(1, limit // CREDIT_SHARE)


def _on_credit(account: _Account) -> Quota:
    if account.credit >= _allowance(account.limit):
        raise UnavailableError("Calls cannot be counted now; try again later", retry_after=AWAY_SECONDS)
    account.credit += 1
    account.owed += 1
    left = _allowance(account.limit) - account.credit
    return Quota(True, account.limit, left, reset_of(account.hour))
