"""How fast Azure may be asked: the quotas of Resource Graph and of Resource Manager, shared by all callers.

A quota is asked before every send, retries included, and told about every answer. Waiting callers are
served in the order in which they came.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

Clock = Callable[[], float]
"""Seconds that never go back."""
Sleep = Callable[[float], Awaitable[object]]

# "15 queries per 5 s", and the two headers:
# https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests
RESOURCE_GRAPH_QUERIES: Final = 15
RESOURCE_GRAPH_WINDOW: Final = 5.0
_REMAINING: Final = "x-ms-user-quota-remaining"
_RESETS_AFTER: Final = "x-ms-user-quota-resets-after"
_RESETS_FORMAT: Final = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})(?:\.\d+)?")

# Reads: a bucket of 250, refilled with 25 per second, for each subscription and service principal:
# https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
ARM_READS_PER_SECOND: Final = 25.0
ARM_READS_BURST: Final = 250

_LONGEST_PAUSE: Final = 60.0
"""Seconds that the service may make everybody wait at once; beyond, it is asked again."""
_MAX_BUCKETS: Final = 4096


class Quota(Protocol):
    """Leave to send."""

    async def acquire(self) -> None:
        """Wait until one more request may be sent, and count it as sent."""
        ...

    def settle(self, status: int, headers: Mapping[str, str]) -> None:
        """Tell about the answer to one acquired request; status 0 and no headers when there was none."""
        ...


class WindowQuota:
    """At most `limit` sends in any span of `window` seconds, and never more than the service says is left.

    A sliding window keeps the limit wherever the service's own fixed windows begin.
    """

    def __init__(
        self,
        limit: int = RESOURCE_GRAPH_QUERIES,
        window: float = RESOURCE_GRAPH_WINDOW,
        *,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        if limit < 1 or window <= 0:
            raise ValueError("limit must be at least 1 and window more than 0")
        self._limit = limit
        self._window = window
        self._clock = clock
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._sent: deque[float] = deque(maxlen=limit)
        self._unanswered = 0
        self._left = 0
        self._left_until = float("-inf")

    async def acquire(self) -> None:
        async with self._turn:
            while (wait := self._wait()) > 0:
                await self._sleep(wait)
            self._sent.append(self._clock())
            self._unanswered += 1
            self._left -= 1

    def settle(self, status: int, headers: Mapping[str, str]) -> None:
        self._unanswered -= 1
        remaining, resets_after = _count(headers.get(_REMAINING)), _seconds(headers.get(_RESETS_AFTER))
        if status == 429:
            remaining = 0
            resets_after = max(resets_after or 0.0, _retry_after(headers), 1.0)
        if remaining is not None and resets_after is not None:
            self._limit_to(remaining, resets_after)

    def _limit_to(self, remaining: int, resets_after: float) -> None:
        # Whole seconds: 0 with nothing left still means "in less than a second".
        pause = min(max(resets_after, 0.0 if remaining else 1.0), _LONGEST_PAUSE)
        until = self._clock() + pause
        # The service may have counted the unanswered requests or not: take it that it has not.
        left = remaining - self._unanswered
        if self._clock() < self._left_until and until <= self._left_until + 1.0:
            # The same window, perhaps in an answer overtaken by another: the lower figure holds.
            self._left = min(self._left, left)
            self._left_until = max(self._left_until, until)
        else:
            self._left, self._left_until = left, until

    def _wait(self) -> float:
        now = self._clock()
        wait = 0.0
        if len(self._sent) == self._limit:
            wait = self._sent[0] + self._window - now
        if self._left <= 0 and now < self._left_until:
            wait = max(wait, self._left_until - now)
        return wait


class TokenBucket:
    """At most `burst` sends at once and `rate` a second in the long run."""

    def __init__(
        self,
        rate: float = ARM_READS_PER_SECOND,
        burst: int = ARM_READS_BURST,
        *,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError("rate must be more than 0 and burst at least 1")
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._tokens = float(burst)
        self._at = clock()
        self._paused_until = float("-inf")

    async def acquire(self) -> None:
        async with self._turn:
            while (wait := self._wait()) > 0:
                await self._sleep(wait)
            self._tokens -= 1.0

    def settle(self, status: int, headers: Mapping[str, str]) -> None:
        if status == 429:
            pause = min(max(_retry_after(headers), 1.0), _LONGEST_PAUSE)
            self._paused_until = max(self._paused_until, self._clock() + pause)

    def _wait(self) -> float:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        wait = max(0.0, self._paused_until - now)
        # A token short of one by rounding alone counts: a wait of 1e-16 s does not move a clock.
        if self._tokens < 1.0 - 1e-6:
            wait = max(wait, (1.0 - self._tokens) / self._rate)
        return wait


class SubscriptionQuotas:
    """One token bucket for each subscription; `""` is the bucket of reads outside any subscription."""

    def __init__(
        self,
        rate: float = ARM_READS_PER_SECOND,
        burst: int = ARM_READS_BURST,
        *,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._rate, self._burst, self._clock, self._sleep = rate, burst, clock, sleep
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def of(self, subscription_id: str) -> TokenBucket:
        """The bucket of that subscription; the one longest unused is forgotten when there are too many."""
        key = subscription_id.lower()
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = TokenBucket(self._rate, self._burst, clock=self._clock, sleep=self._sleep)
            self._buckets[key] = bucket
            if len(self._buckets) > _MAX_BUCKETS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        return bucket


def _count(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _seconds(text: str | None) -> float | None:
    match = _RESETS_FORMAT.fullmatch(text.strip()) if text else None
    if match is None:
        return None
    hours, minutes, seconds = (int(part) for part in match.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds of Retry-After; 0 when absent or a date, which the retry policy waits for by itself."""
    return float(_count(headers.get("Retry-After")) or 0)
