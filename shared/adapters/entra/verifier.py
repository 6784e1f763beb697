"""Judges the access tokens that callers present."""

from __future__ import annotations

import logging

from shared.adapters.entra.signing_keys import SigningKeys
from shared.adapters.entra.tokens import EntraTrust, accepted, looks_like_jwt, presented
from shared.domain.errors import UnauthorizedError
from shared.domain.principal import Principal
from shared.ports.authentication import SigningKeySource
from shared.ports.clock import Clock

_log = logging.getLogger(__name__)


class EntraTokens:
    """`TokenVerifier` of Microsoft Entra access tokens."""

    def __init__(self, trust: EntraTrust, source: SigningKeySource, clock: Clock) -> None:
        self._trust = trust
        self._keys = SigningKeys(source, clock)
        self._clock = clock

    async def aclose(self) -> None:
        """End the reading of keys that goes on beside the calls."""
        await self._keys.aclose()

    async def principal_of(self, token: str) -> Principal | None:
        """See `TokenVerifier.principal_of`: whatever has the form of a JWT is judged here."""
        if not looks_like_jwt(token):
            return None
        try:
            named = presented(token, self._trust)
            key = await self._keys.key(named.issuer, named.key_id)
            return accepted(token, key, named.issuer, self._trust, self._clock.now())
        except UnauthorizedError as error:
            _log.info("token refused: %s (%s)", error.message, type(error.__cause__).__name__)
            raise
