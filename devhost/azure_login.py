"""A look at the login before anything starts: one sentence instead of a failed scan."""

from __future__ import annotations

import asyncio
import logging

SCOPE = "https://management.azure.com/.default"


class NoLoginError(Exception):
    """No Azure login answers."""


def check_login(kind: str) -> None:
    """Get one token with the credential `kind`.

    Raises:
        NoLoginError: says what to do.
    """
    logging.getLogger("azure.identity").setLevel(logging.CRITICAL)
    try:
        asyncio.run(_token(kind))
    except Exception as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise NoLoginError(
            "no Azure login answers. Run `az login` (or `azd auth login`), or set AZURE_TENANT_ID, "
            f"AZURE_CLIENT_ID and AZURE_CLIENT_SECRET of a service principal. ({first[:200]})"
        ) from error


async def _token(kind: str) -> None:
    from shared.adapters.azure.clouds import cloud_named  # noqa: PLC0415
    from shared.adapters.azure.credentials import open_credential  # noqa: PLC0415

    credential = open_credential(kind, cloud_named("public"))
    try:
        await credential.get_token(SCOPE)
    finally:
        await credential.close()
