"""Fetching signing keys: what is followed, what is refused, how much is read and for how long."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from devhost.entra.certificates import ensure, server_context, signing_key
from devhost.entra.issuer import Client, TokenIssuer
from devhost.entra.server import serve
from shared.adapters.entra.openid_metadata import MAX_BYTES, TIMEOUT_SECONDS, OpenIdMetadata
from shared.ports.errors import SigningKeysUnavailableError
from tests.fixtures.entra import jwk

ISSUER = "https://issuer.test/"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def served(**handlers: Handler) -> AsyncIterator[str]:
    application = web.Application()
    for name, handler in handlers.items():
        application.router.add_get(f"/{name}", handler)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture
async def source() -> AsyncIterator[OpenIdMetadata]:
    made = OpenIdMetadata()
    yield made
    await made.aclose()


def says(document: Any, status: int = 200) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        text = json.dumps(document).replace("BASE", f"http://{request.host}")
        return web.Response(text=text, status=status)

    return handler


METADATA = {"issuer": ISSUER, "jwks_uri": "BASE/keys"}


async def test_the_keys_that_the_metadata_names(source: OpenIdMetadata) -> None:
    keys = {"keys": [jwk("k1"), "nonsense", 7]}
    async with served(metadata=says(METADATA), keys=says(keys)) as base:
        assert await source.fetch(f"{base}/metadata", ISSUER) == [jwk("k1")]


@pytest.mark.parametrize(
    ("metadata", "keys", "reason"),
    [
        ({**METADATA, "issuer": "https://evil.test/"}, {"keys": []}, "another issuer"),
        ({"issuer": ISSUER}, {"keys": []}, "no key set"),
        ({**METADATA, "jwks_uri": 7}, {"keys": []}, "no key set"),
        ({**METADATA, "jwks_uri": "http://localhost:1/keys"}, {"keys": []}, "no key set on its own host"),
        ({**METADATA, "jwks_uri": "https://evil.test/keys"}, {"keys": []}, "no key set on its own host"),
        ({**METADATA, "jwks_uri": "file:///etc/passwd"}, {"keys": []}, "no key set on its own host"),
        ([], {"keys": []}, "no JSON object"),
        (METADATA, {}, "is no key set"),
        (METADATA, {"keys": "k1"}, "is no key set"),
        (METADATA, {"keys": [{}] * 101}, "is no key set"),
        (METADATA, {"keys": ["x" * MAX_BYTES]}, "exceeds"),
        ({**METADATA, "more": "x" * MAX_BYTES}, {"keys": []}, "exceeds"),
    ],
)
async def test_answers_that_are_refused(
    source: OpenIdMetadata, metadata: Any, keys: Any, reason: str
) -> None:
    async with served(metadata=says(metadata), keys=says(keys)) as base:
        with pytest.raises(SigningKeysUnavailableError, match=reason):
            await source.fetch(f"{base}/metadata", ISSUER)


async def not_json(_request: web.Request) -> web.Response:
    return web.Response(text="<html>" + "[" * 100_000)


async def elsewhere(_request: web.Request) -> web.Response:
    raise web.HTTPFound("/keys")


@pytest.mark.parametrize(
    ("handler", "reason"),
    [(not_json, "not JSON"), (elsewhere, "HTTP status 302"), (says(METADATA, 500), "HTTP status 500")],
)
async def test_no_answer_at_all(source: OpenIdMetadata, handler: Handler, reason: str) -> None:
    async with served(metadata=handler, keys=says({"keys": [jwk("k1")]})) as base:
        with pytest.raises(SigningKeysUnavailableError, match=reason):
            await source.fetch(f"{base}/metadata", ISSUER)


async def test_nobody_there(source: OpenIdMetadata) -> None:
    with pytest.raises(SigningKeysUnavailableError, match="no answer"):
        await source.fetch("http://127.0.0.1:1/metadata", ISSUER)


async def test_plain_http_goes_to_this_machine_only(source: OpenIdMetadata) -> None:
    with pytest.raises(SigningKeysUnavailableError, match="https only"):
        await source.fetch("http://login.test/metadata", ISSUER)


async def test_an_answer_that_never_ends(source: OpenIdMetadata) -> None:
    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.05)

    loop = asyncio.get_running_loop()
    async with served(metadata=trickle) as base:
        began = loop.time()
        with pytest.raises(SigningKeysUnavailableError, match="no answer"):
            await source.fetch(f"{base}/metadata", ISSUER)
        assert loop.time() - began < TIMEOUT_SECONDS + 5


class TestLocalTenant:
    """Our own stand-in, over TLS."""

    async def test_its_certificate_must_be_trusted(self, source: OpenIdMetadata, tmp_path: Path) -> None:
        files = ensure(tmp_path / "entra", datetime.now(UTC))
        issuer = TokenIssuer("t", "api://x", "c", [Client("a", "s", ())], lambda: 0)
        issuer.add_key(signing_key(files))
        async with serve(issuer, server_context(files)) as port:
            url = f"https://127.0.0.1:{port}/t/v2.0/.well-known/openid-configuration"
            with pytest.raises(SigningKeysUnavailableError, match="no answer"):
                await source.fetch(url, f"https://127.0.0.1:{port}/t/v2.0")

    def test_files_are_kept_private_and_used_again(self, tmp_path: Path) -> None:
        folder = tmp_path / "entra"
        now = datetime.now(UTC)
        files = ensure(folder, now)
        contents = {path.name: path.read_bytes() for path in folder.iterdir()}
        assert set(contents) == {"ca.pem", "ca-bundle.pem", "server.pem", "signing.pem"}
        assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
        ensure(folder, now)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == contents
        assert b"PRIVATE" not in contents["ca.pem"] + contents["ca-bundle.pem"]
        ssl.create_default_context(cafile=str(files.bundle))
        later = datetime.fromtimestamp(now.timestamp() + 30 * 86_400, UTC)
        ensure(folder, later)
        assert files.server.read_bytes() != contents["server.pem"]
        assert files.signing.read_bytes() == contents["signing.pem"]
