"""First step of a request: who calls (contract 2.1). Refusals are counted by where they come from."""

from __future__ import annotations

from collections.abc import Mapping

from functions.http.client_address import network_of
from shared.domain.errors import UnauthorizedError
from shared.domain.principal import Principal
from shared.services.application import Application


async def authenticated(headers: Mapping[str, str], address: str | None, app: Application) -> Principal:
    """The caller of a route that requires a role.

    Raises:
        TooManyFailuresError: the address has sent too many refused credentials.
        UnauthorizedError: no credential, or none that is good.
    """
    authorization = headers.get("Authorization")
    network = network_of(address)
    app.failed_attempts.admit(network, authorization)
    try:
        caller = await app.authenticator.authenticate(authorization)
    except UnauthorizedError:
        app.failed_attempts.failed(network)
        raise
    app.failed_attempts.succeeded(authorization)
    return caller
