"""Public keys of token issuers, remembered, renewed, and fetched anew when a token names one nobody knows.

Entra rolls its keys without notice (learn.microsoft.com/entra/identity-platform/signing-key-rollover). They
are read again every `RENEW_SECONDS`, and at once for an unknown key id, but for those not more often than
every `PAUSE_SECONDS`: in between, unknown ids are refused from memory. While the issuer does not answer,
keys read before go on being used for `STALE_SECONDS`; what they cannot judge is answered with 503. Nobody
whose key is known waits for the issuer: renewing goes on beside the calls.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Final

from shared.adapters.entra.tokens import Issuer, SigningKey, signing_keys
from shared.domain.errors import UnauthorizedError, UnavailableError
from shared.ports.authentication import SigningKeySource
from shared.ports.clock import Clock
from shared.ports.errors import SigningKeysUnavailableError

RENEW_SECONDS: Final = 6 * 3600
STALE_SECONDS: Final = 24 * 3600
PAUSE_SECONDS: Final = 60
RETRY_SECONDS: Final = 10
"""Pause after a fetch that failed."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _KeySet:
    keys: dict[str, SigningKey] = field(default_factory=dict)
    read_at: float | None = None
    next_fetch: float = 0.0
    """Not before, after a fetch that failed."""
    next_search: float = 0.0
    """Not before, for an unknown key id."""
    failing: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    renewal: asyncio.Task[None] | None = None

    def usable(self, key_id: str, now: float) -> SigningKey | None:
        """The key, where it was read lately enough to judge with."""
        if self.read_at is None or now - self.read_at >= STALE_SECONDS:
            return None
        return self.keys.get(key_id)


class SigningKeys:
    """Keys by issuer. One instance a process; one fetch at a time for each issuer."""

    def __init__(self, source: SigningKeySource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._sets: dict[str, _KeySet] = {}

    async def key(self, issuer: Issuer, key_id: str) -> SigningKey:
        """The key of that id.

        Raises:
            UnauthorizedError: the issuer has no such key.
            UnavailableError: it may have one, but its keys cannot be had.
        """
        known = self._sets.setdefault(issuer.url, _KeySet())
        now = self._clock.now().timestamp()
        if self._wants_fetch(known, key_id, now):
            if (key := known.usable(key_id, now)) is not None:
                if known.renewal is None or known.renewal.done():
                    known.renewal = asyncio.create_task(self._read(known, issuer, key_id))
                return key
            await self._read(known, issuer, key_id)
            now = self._clock.now().timestamp()
        if (key := known.usable(key_id, now)) is not None:
            return key
        if known.failing or known.read_at is None:
            raise UnavailableError("The token issuer's keys cannot be read; try again", RETRY_SECONDS)
        raise UnauthorizedError("Invalid credentials")

    async def aclose(self) -> None:
        """End what goes on beside the calls."""
        running = [known.renewal for known in self._sets.values() if known.renewal is not None]
        for renewal in running:
            renewal.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _read(self, known: _KeySet, issuer: Issuer, key_id: str) -> None:
        """Read the keys, unless somebody else just did."""
        async with known.lock:
            now = self._clock.now().timestamp()
            if self._wants_fetch(known, key_id, now):
                if self._is_current(known, now):
                    known.next_search = now + PAUSE_SECONDS
                await self._fetch(known, issuer, now)

    @staticmethod
    def _wants_fetch(known: _KeySet, key_id: str, now: float) -> bool:
        if now < known.next_fetch:
            return False
        return not SigningKeys._is_current(known, now) or (
            key_id not in known.keys and now >= known.next_search
        )

    @staticmethod
    def _is_current(known: _KeySet, now: float) -> bool:
        return known.read_at is not None and now - known.read_at < RENEW_SECONDS

    async def _fetch(self, known: _KeySet, issuer: Issuer, now: float) -> None:
        try:
            keys = signing_keys(await self._source.fetch(issuer.metadata_url, issuer.url))
            if not keys:
                raise SigningKeysUnavailableError("the key set has no usable key")
        except SigningKeysUnavailableError as error:
            known.failing, known.next_fetch = True, now + RETRY_SECONDS
            _log.warning("signing keys of %s cannot be read: %s", issuer.url, error)
            return
        known.keys, known.read_at = keys, now
        known.failing = False
