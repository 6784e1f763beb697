"""Serves the tenant over https on a loopback port."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from devhost.entra.certificates import LOOPBACK
from devhost.entra.issuer import TokenIssuer, TokenRefusedError

MAX_BODY: Final = 64 * 1024


@asynccontextmanager
async def serve(issuer: TokenIssuer, context: ssl.SSLContext, port: int = 0) -> AsyncIterator[int]:
    """Serve until the block ends; gives the port, and sets the issuer's `base_url`.

    Raises:
        OSError: the port is taken.
    """
    listener = socket.create_server((LOOPBACK, port))
    bound = int(listener.getsockname()[1])
    issuer.base_url = f"https://{LOOPBACK}:{bound}"
    runner = web.AppRunner(_application(issuer), access_log=None, handle_signals=False, shutdown_timeout=2.0)
    await runner.setup()
    try:
        await web.SockSite(runner, listener, ssl_context=context).start()
        yield bound
    finally:
        await runner.cleanup()
        listener.close()


def _application(issuer: TokenIssuer) -> web.Application:
    async def metadata_v1(_request: web.Request) -> web.Response:
        return web.json_response(issuer.metadata("1.0"))

    async def metadata_v2(_request: web.Request) -> web.Response:
        return web.json_response(issuer.metadata("2.0"))

    async def keys(_request: web.Request) -> web.Response:
        return web.json_response(issuer.keys())

    async def token(request: web.Request) -> web.Response:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        try:
            return web.json_response(issuer.token(form), headers={"Cache-Control": "no-store"})
        except TokenRefusedError as error:
            body: dict[str, Any] = {"error": error.code, "error_description": str(error)}
            return web.json_response(body, status=error.status)

    async def rotate(request: web.Request) -> web.Response:
        if "Origin" in request.headers:
            return web.json_response({"error": "web pages may not rotate keys"}, status=403)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return web.json_response({"kid": issuer.add_key(key)})

    application = web.Application(client_max_size=MAX_BODY)
    tenant = f"/{issuer.tenant}"
    metadata = ".well-known/openid-configuration"
    application.router.add_get(f"{tenant}/{metadata}", metadata_v1)
    application.router.add_get(f"{tenant}/v2.0/{metadata}", metadata_v2)
    application.router.add_get(f"{tenant}/discovery/keys", keys)
    application.router.add_get(f"{tenant}/discovery/v2.0/keys", keys)
    application.router.add_post(f"{tenant}/oauth2/v2.0/token", token)
    application.router.add_post("/_control/rotate", rotate)
    return application
