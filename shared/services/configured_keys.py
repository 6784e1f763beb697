"""API keys that the settings name: the first administrator's, and those of the local stack."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from shared.domain.principal import Principal


class ConfiguredKeys:
    """Knows the keys by their SHA-256 digests only, and compares every one of them in constant time."""

    def __init__(self, keys: Sequence[tuple[str, Principal]]) -> None:
        """`keys`: each key's text and whose it is."""
        self._known = [(_digest(text), principal) for text, principal in keys]

    async def principal_of(self, token: str) -> Principal | None:
        """See `TokenVerifier.principal_of`."""
        presented = _digest(token)
        found: Principal | None = None
        for digest, principal in self._known:
            if hmac.compare_digest(digest, presented):
                found = principal
        return found


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
