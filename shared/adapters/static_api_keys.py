"""Authentication by the API keys of the settings."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final

from shared.domain.errors import UnauthorizedError
from shared.domain.principal import Principal
from shared.settings import ApiKey

MAX_HEADER: Final = 8192

_BEARER: Final = re.compile(r"bearer +([!-~]+) *", re.IGNORECASE | re.ASCII)
"""RFC 6750's `Bearer` with any visible ASCII as token, as the settings allow."""


class StaticApiKeys:
    """Knows the keys by their SHA-256 digests only, and compares every one of them in constant time."""

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        self._known = [
            (_digest(entry.key.get_secret_value()), Principal(entry.id, entry.name, entry.role))
            for entry in keys
        ]

    async def authenticate(self, authorization: str | None) -> Principal:
        """The principal whose key the header carries.

        Raises:
            UnauthorizedError: no header, another scheme, or an unknown key.
        """
        if not authorization:
            raise UnauthorizedError("Authorization header is required")
        match = _BEARER.fullmatch(authorization) if len(authorization) <= MAX_HEADER else None
        if match is None:
            raise UnauthorizedError("Authorization header must be a Bearer token")
        presented = _digest(match[1])
        found: Principal | None = None
        for digest, principal in self._known:
            if hmac.compare_digest(digest, presented):
                found = principal
        if found is None:
            raise UnauthorizedError("Invalid credentials")
        return found


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
