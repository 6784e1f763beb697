"""Failed logins, limited by where they come from, so that guessing and its cost end early.

Counts are this process's own: storage is not to be written to by callers nobody knows. An address over its
limit hears 429 before its credential is looked at, except a credential that was good lately: other callers
behind the same address go on working. The window is the hour of UTC, as for quotas.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Final

from shared.domain.errors import RateLimitedError
from shared.domain.quota import hour_of, reset_of
from shared.ports.clock import Clock

MAX_ADDRESSES: Final = 10_000
MAX_CREDENTIALS: Final = 10_000


class TooManyFailuresError(RateLimitedError):
    """The address may not try again before `reset_at` (epoch seconds)."""

    def __init__(self, limit: int, reset_at: int, now: int) -> None:
        super().__init__("Too many failed attempts from this address", reset_at - now)
        self.limit = limit
        self.reset_at = reset_at


class FailedAttempts:
    """Counts failures by network: an IPv4 address, or the /64 of an IPv6 one."""

    def __init__(self, limit: int, clock: Clock) -> None:
        """`limit`: failures in one hour."""
        self._limit = limit
        self._clock = clock
        self._hour = 0
        self._failures: OrderedDict[str, int] = OrderedDict()
        self._good: OrderedDict[bytes, None] = OrderedDict()

    def admit(self, network: str, authorization: str | None) -> None:
        """Let a credential be looked at.

        Raises:
            TooManyFailuresError: the network failed too often, and the credential is not known to be good.
        """
        self._turn()
        if self._failures.get(network, 0) < self._limit or _digest(authorization) in self._good:
            return
        raise TooManyFailuresError(self._limit, reset_of(self._hour), int(self._clock.now().timestamp()))

    def failed(self, network: str) -> None:
        """Count one refused credential."""
        self._turn()
        self._failures[network] = self._failures.pop(network, 0) + 1
        if len(self._failures) > MAX_ADDRESSES:
            self._failures.popitem(last=False)

    def succeeded(self, authorization: str | None) -> None:
        """Remember a good credential, by its digest, for this hour."""
        self._turn()
        digest = _digest(authorization)
        self._good.pop(digest, None)
        self._good[digest] = None
        if len(self._good) > MAX_CREDENTIALS:
            self._good.popitem(last=False)

    def _turn(self) -> None:
        hour = hour_of(self._clock.now())
        if hour != self._hour:
            self._hour = hour
            self._failures.clear()
            self._good.clear()


def _digest(authorization: str | None) -> bytes:
    return hashlib.sha256((authorization or "").encode(errors="surrogatepass")).digest()
