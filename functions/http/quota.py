"""Second step of a request: the caller's hourly quota and the headers that tell of it (contract 2.5)."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Final

from shared.domain.errors import RateLimitedError
from shared.domain.principal import Principal
from shared.domain.quota import HOUR_SECONDS
from shared.services.application import Application
from shared.services.failed_attempts import TooManyFailuresError

LIMIT: Final = "X-RateLimit-Limit"
REMAINING: Final = "X-RateLimit-Remaining"
RESET: Final = "X-RateLimit-Reset"


async def counted(caller: Principal, app: Application, headers: MutableMapping[str, str]) -> None:
    """Count the call and note its headers, which go out with whatever the answer will be.

    Raises:
        RateLimitedError: the quota of this hour is used up.
        UnavailableError: calls cannot be counted now.
    """
    quota = await app.rate_limits.count(caller)
    _tell(headers, quota.limit, quota.remaining, quota.reset_at)
    seconds = quota.reset_at - int(app.clock.now().timestamp())
    if app.settings.identity.rate_limit_fields:
        # draft-ietf-httpapi-ratelimit-headers-09: a draft still, hence off unless configured.
        tier = caller.tier.value
        headers["RateLimit-Policy"] = f'"{tier}";q={quota.limit};w={HOUR_SECONDS}'
        headers["RateLimit"] = f'"{tier}";r={quota.remaining};t={max(0, seconds)}'
    if not quota.allowed:
        raise RateLimitedError("Rate limit exceeded", seconds)


def tell_refusal(error: TooManyFailuresError, headers: MutableMapping[str, str]) -> None:
    """The same headers for an address that may not try again."""
    _tell(headers, error.limit, 0, error.reset_at)


def _tell(headers: MutableMapping[str, str], limit: int, remaining: int, reset_at: int) -> None:
    headers[LIMIT], headers[REMAINING], headers[RESET] = str(limit), str(remaining), str(reset_at)
