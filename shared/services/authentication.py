"""Who presents a bearer token (RFC 6750): each kind of token is judged by its own verifier."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from shared.domain.errors import UnauthorizedError
from shared.domain.principal import Principal
from shared.ports.authentication import TokenVerifier

MAX_HEADER: Final = 16 * 1024
"""Longest `Authorization` header: an Entra token may list 200 groups."""

_BEARER: Final = re.compile(r"bearer +([!-~]+) *", re.IGNORECASE | re.ASCII)
"""RFC 6750's `Bearer` with any visible ASCII as token, as configured keys may have."""


class BearerAuthentication:
    """Asks the verifiers in turn; the first that knows the token decides."""

    def __init__(self, verifiers: Sequence[TokenVerifier]) -> None:
        self._verifiers = tuple(verifiers)

    async def authenticate(self, authorization: str | None) -> Principal:
        """See `Authenticator.authenticate`."""
        if not authorization:
            raise UnauthorizedError("Authorization header is required")
        match = _BEARER.fullmatch(authorization) if len(authorization) <= MAX_HEADER else None
        if match is None:
            raise UnauthorizedError("Authorization header must be a Bearer token")
        for verifier in self._verifiers:
            principal = await verifier.principal_of(match[1])
            if principal is not None:
                return principal
        raise UnauthorizedError("Invalid credentials")
