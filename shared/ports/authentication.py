"""Who presents a credential."""

from __future__ import annotations

from typing import Protocol

from shared.domain.principal import Principal


class Authenticator(Protocol):
    """Turns an `Authorization` header into a principal."""

    async def authenticate(self, authorization: str | None) -> Principal:
        """The caller.

        Raises:
            UnauthorizedError: no header, a malformed one, or an unknown credential.
        """
        ...
