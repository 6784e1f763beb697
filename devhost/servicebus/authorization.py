"""What the tokens of one connection allow, and until when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from devhost.servicebus.sas import Grant, SharedAccessKey, TokenError

MAX_GRANTS: Final = 1000
"""Most audiences of one connection."""


class Authorizations:
    """The grants of a connection, by audience path; a later token for the same audience replaces the
    earlier.
    """

    def __init__(self, key: SharedAccessKey, clock: Callable[[], float]) -> None:
        self._key = key
        self._clock = clock
        self._grants: dict[str, Grant] = {}

    def put(self, token: str, audience: str) -> None:
        """Check a token and remember what it allows.

        Raises:
            TokenError: the token is not valid for the audience, or the connection has too many.
        """
        grant = self._key.grant(token, audience, self._clock())
        if grant.path not in self._grants and len(self._grants) >= MAX_GRANTS:
            raise TokenError(f"A connection can hold tokens for {MAX_GRANTS} audiences.")
        self._grants[grant.path] = grant

    def allow(self, entity: str) -> bool:
        """Whether an unexpired token covers the entity."""
        now = self._clock()
        return any(grant.expires_at > now and grant.covers(entity) for grant in self._grants.values())
