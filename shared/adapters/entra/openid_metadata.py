"""Fetches the keys of a token issuer: OpenID Connect discovery 1.0, then the key set it names (RFC 7517)."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from shared.adapters.azure.clouds import is_loopback, origin_of
from shared.ports.errors import SigningKeysUnavailableError

TIMEOUT_SECONDS: Final = 5.0
MAX_BYTES: Final = 256 * 1024
MAX_KEYS: Final = 100
_OK: Final = 200


class OpenIdMetadata:
    """`SigningKeySource` over HTTPS; plain HTTP to this machine only. Follows no redirects."""

    def __init__(self) -> None:
        # Its own context: it reads SSL_CERT_FILE now, where aiohttp's was made when that was imported.
        connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(), limit=4)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def fetch(self, metadata_url: str, issuer: str) -> list[Mapping[str, Any]]:
        """See `SigningKeySource.fetch`. The key set must be on the metadata's own host."""
        metadata = await self._document(metadata_url)
        keys_url = metadata.get("jwks_uri")
        if metadata.get("issuer") != issuer:
            raise SigningKeysUnavailableError("the metadata is of another issuer")
        if not isinstance(keys_url, str) or not _same_origin(keys_url, metadata_url):
            raise SigningKeysUnavailableError("the metadata names no key set on its own host")
        keys = (await self._document(keys_url)).get("keys")
        if not isinstance(keys, list) or len(keys) > MAX_KEYS:
            raise SigningKeysUnavailableError("the answer is no key set")
        return [key for key in keys if isinstance(key, dict)]

    async def _document(self, url: str) -> dict[str, Any]:
        if not url.startswith("https://") and not is_loopback(url):
            raise SigningKeysUnavailableError("keys are fetched over https only")
        try:
            async with self._session.get(url, allow_redirects=False) as response:
                if response.status != _OK:
                    raise SigningKeysUnavailableError(f"answered with HTTP status {response.status}")
                data = await _limited(response)
            document = json.loads(data)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SigningKeysUnavailableError(f"no answer ({type(error).__name__})") from error
        except (ValueError, RecursionError) as error:
            raise SigningKeysUnavailableError("the answer is not JSON") from error
        if not isinstance(document, dict):
            raise SigningKeysUnavailableError("the answer is no JSON object")
        return document


async def _limited(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_chunked(16 * 1024):
        data += chunk
        if len(data) > MAX_BYTES:
            raise SigningKeysUnavailableError(f"the answer exceeds {MAX_BYTES} bytes")
    return bytes(data)


def _same_origin(url: str, other: str) -> bool:
    try:
        return origin_of(url) == origin_of(other)
    except ValueError:
        return False
