"""Starts and stops the stand-in on a loopback port."""

import asyncio
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from devhost.azure.app import StandInApp
from devhost.azure.estate import Estate
from devhost.azure.estate_file import EstateFile
from devhost.azure.faults import Faults, read_faults
from devhost.azure.identity import TOKEN_LIFETIME_S, Identity

TENANT_ID: Final = "5a1ad000-0000-4000-8000-000000000001"
"""Tenant of every estate; as a management group id it is the tenant's root group."""
_LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class StandIn:
    """A stand-in that is serving."""

    base_url: str
    """Base address of Resource Manager and Resource Graph, no trailing slash."""
    identity_endpoint: str
    """Value for ``IDENTITY_ENDPOINT``."""
    identity_header: str
    """Value for ``IDENTITY_HEADER``."""
    port: int
    app: StandInApp


@asynccontextmanager
async def serve(  # noqa: PLR0913 - each may be set by itself
    estate: Path,
    faults: Faults | Mapping[str, Any] | None = None,
    *,
    port: int = 0,
    identity_header: str | None = None,
    tenant_id: str = TENANT_ID,
    token_lifetime_s: int = TOKEN_LIFETIME_S,
    event_webhook: str | None = None,
    wall_clock: Callable[[], float] = time.time,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[StandIn]:
    """Serve an estate file on 127.0.0.1 until the block ends.

    ``event_webhook`` is told of every write, as Event Grid tells its subscribers.
    ``wall_clock`` gives seconds since the epoch (expiry of tokens), ``clock`` monotonic seconds (quotas).

    Raises:
        EstateError: the estate file cannot be served.
        FaultsError: ``faults`` is not a valid document.
        OSError: the port is taken.
    """
    rules = faults if isinstance(faults, Faults) else read_faults(faults or {})
    identity = Identity(identity_header or secrets.token_urlsafe(24), wall_clock, token_lifetime_s)
    file = await asyncio.to_thread(EstateFile.load, estate)
    try:
        app = StandInApp(Estate(file), rules, identity, tenant_id, clock, event_webhook)
        listener = socket.create_server((_LOOPBACK, port))
        bound = int(listener.getsockname()[1])
        base_url = identity.own_audience = f"http://{_LOOPBACK}:{bound}"
        runner = web.AppRunner(app.web_app, access_log=None, handle_signals=False, shutdown_timeout=2.0)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            yield StandIn(base_url, f"{base_url}/msi/token", identity.header, bound, app)
        finally:
            await app.changes.aclose()
            await runner.cleanup()
            listener.close()
    finally:
        file.close()
