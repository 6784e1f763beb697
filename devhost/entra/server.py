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
    runner = web.AppRunner(
        _Tenant(issuer).application(), access_log=None, handle_signals=False, shutdown_timeout=2.0
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listener, ssl_context=context).start()
        yield bound
    finally:
        await runner.cleanup()
        listener.close()


class _Tenant:
    """HTTP handlers of one issuer."""

    def __init__(self, issuer: TokenIssuer) -> None:
        self._issuer = issuer

    def application(self) -> web.Application:
        application = web.Application(client_max_size=MAX_BODY)
        tenant = f"/{self._issuer.tenant}"
        metadata = ".well-known/openid-configuration"
        application.router.add_get(f"{tenant}/{metadata}", self.metadata_v1)
        application.router.add_get(f"{tenant}/v2.0/{metadata}", self.metadata_v2)
        application.router.add_get(f"{tenant}/discovery/keys", self.keys)
        application.router.add_get(f"{tenant}/discovery/v2.0/keys", self.keys)
        application.router.add_post(f"{tenant}/oauth2/v2.0/token", self.token)
        application.router.add_get("/msi/{client_id}/token", self.identity)
        application.router.add_post("/_control/rotate", self.rotate)
        return application

    async def metadata_v1(self, _request: web.Request) -> web.Response:
        return web.json_response(self._issuer.metadata("1.0"))

    async def metadata_v2(self, _request: web.Request) -> web.Response:
        return web.json_response(self._issuer.metadata("2.0"))

    async def keys(self, _request: web.Request) -> web.Response:
        return web.json_response(self._issuer.keys())

    async def token(self, request: web.Request) -> web.Response:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        try:
            return web.json_response(self._issuer.token(form), headers={"Cache-Control": "no-store"})
        except TokenRefusedError as error:
            body: dict[str, Any] = {"error": error.code, "error_description": str(error)}
            return web.json_response(body, status=error.status)

    async def identity(self, request: web.Request) -> web.Response:
        client_id = request.match_info["client_id"]
        if not self._issuer.knows(client_id):
            raise web.HTTPNotFound
        try:
            answer = self._issuer.managed_identity_token(client_id, request.headers, request.query)
        except TokenRefusedError as error:
            return web.json_response({"statusCode": error.status, "message": str(error)}, status=error.status)
        return web.json_response(answer)

    async def rotate(self, request: web.Request) -> web.Response:
        if "Origin" in request.headers:
            return web.json_response({"error": "web pages may not rotate keys"}, status=403)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return web.json_response({"kid": self._issuer.add_key(key)})
