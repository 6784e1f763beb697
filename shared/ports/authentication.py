"""Who presents a credential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from shared.domain.principal import Principal


class Authenticator(Protocol):
    """Turns an `Authorization` header into a principal."""

    async def authenticate(self, authorization: str | None) -> Principal:
        """The caller.

        Raises:
            UnauthorizedError: no header, a malformed one, or an unknown credential.
            UnavailableError, StorageUnavailableError: what is needed to judge it does not answer.
        """
        ...


class TokenVerifier(Protocol):
    """Judges one kind of bearer token."""

    async def principal_of(self, token: str) -> Principal | None:
        """The caller, or None where the token is of another kind.

        Raises:
            UnauthorizedError: it is of this kind and not valid.
            UnavailableError, StorageUnavailableError: what is needed to judge it does not answer.
        """
        ...


class SigningKeySource(Protocol):
    """Where the public keys of a token issuer are published."""

    async def fetch(self, metadata_url: str, issuer: str) -> list[Mapping[str, Any]]:
        """The JSON Web Keys (RFC 7517) that the OpenID Connect metadata at the URL refers to.

        Raises:
            SigningKeysUnavailableError: no answer, or not one of that issuer.
        """
        ...
