"""Request quotas as Azure counts them: Resource Graph by fixed window, Resource Manager by token bucket.

Sources: learn.microsoft.com "Guidance for throttled requests in Azure Resource Graph" (15 queries in 5 s
for one principal) and "Understand how Azure Resource Manager throttles requests" (bucket sizes and refill
rates).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

QUERY_QUOTA: Final = 15
QUERY_WINDOW_S: Final = 5.0
READ_BURST: Final = 250
READS_PER_S: Final = 25.0
WRITE_BURST: Final = 200
WRITES_PER_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class QuotaState:
    """The outcome of asking for one query."""

    allowed: bool
    remaining: int
    resets_after_s: int

    @property
    def headers(self) -> dict[str, str]:
        """``x-ms-user-quota-*``; the reset is ``hh:mm:ss``."""
        hours, rest = divmod(self.resets_after_s, 3600)
        minutes, seconds = divmod(rest, 60)
        return {
            "x-ms-user-quota-remaining": str(self.remaining),
            "x-ms-user-quota-resets-after": f"{hours:02d}:{minutes:02d}:{seconds:02d}",
        }


class QueryQuota:
    """A fixed window of queries that begins with the first query after the last window's end."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = -math.inf
        self._used = 0

    def take(self, limit: int, window_s: float) -> QuotaState:
        """Count one query against ``limit`` for ``window_s`` seconds."""
        now = self._clock()
        if now - self._began >= window_s:
            self._began, self._used = now, 0
        left = max(1, math.ceil(self._began + window_s - now))
        if self._used >= limit:
            return QuotaState(False, 0, left)
        self._used += 1
        return QuotaState(True, limit - self._used, left)


class TokenBucket:
    """``burst`` requests at once, refilled by ``per_second``."""

    def __init__(self, clock: Callable[[], float], burst: int, per_second: float) -> None:
        self._clock = clock
        self._burst = burst
        self._per_second = per_second
        self._tokens = float(burst)
        self._at = clock()

    def take(self) -> tuple[int, int | None]:
        """``(remaining, None)`` when a request may pass, ``(0, seconds to wait)`` when it may not."""
        now = self._clock()
        self._tokens = min(float(self._burst), self._tokens + (now - self._at) * self._per_second)
        self._at = now
        if self._tokens < 1:
            return 0, max(1, math.ceil((1 - self._tokens) / self._per_second))
        self._tokens -= 1
        return int(self._tokens), None
