"""Posting to addresses that callers chose, without being led inside (server-side request forgery).

The host's addresses are looked up once and all checked; the connection goes to one of those very addresses,
while Host header, SNI and certificate check keep the name. So a name that resolves to something else a moment
later leads nowhere. Redirects are answers, proxies of the environment are not used, answers are cut.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import Final, Protocol
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from shared.domain.public_addresses import is_public
from shared.ports.outbound import Answer, NoAnswerError, RefusedDestinationError

MAX_URL: Final = 2048
MAX_BODY: Final = 16 * 1024
"""Bytes of an answer that are read; the rest is not received."""
MAX_ADDRESSES: Final = 16
MAX_HOST: Final = 253
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME: Final = re.compile(rf"(?:{_LABEL}\.)*(?![0-9]+$|0[xX][0-9a-fA-F]*$){_LABEL}")
"""Labels of DNS (RFC 1035, 2.3.1; underscores occur). The last one is no number, as resolvers read names that
end in one as addresses (https://url.spec.whatwg.org/#ends-in-a-number-checker)."""
USER_AGENT: Final = "security-copilot-webhooks/1"


class Lookup(Protocol):
    """Resolves names."""

    async def addresses(self, host: str) -> Sequence[str]:
        """Every IPv4 and IPv6 address of a host, as text.

        Raises:
            OSError: there is none, or nobody answers.
        """
        ...


class SystemLookup:
    """The resolver of the operating system."""

    async def addresses(self, host: str) -> Sequence[str]:
        """See `Lookup.addresses`."""
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return [str(entry[4][0]) for entry in found]


class _Guard(AbstractResolver):
    """What the connector asks for addresses: gives only checked ones, so that it connects to those."""

    def __init__(self, lookup: Lookup, allow_private: bool) -> None:
        self._lookup = lookup
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        try:
            found = list(dict.fromkeys(await self._lookup.addresses(host)))
        except UnicodeError as error:
            raise OSError("the host name cannot be resolved") from error
        if not found:
            raise OSError("the host name has no address")
        results: list[ResolveResult] = []
        for text in found[:MAX_ADDRESSES]:
            address = ipaddress.ip_address(text)
            if not self._allow_private and not is_public(address):
                # One bad address is enough: which one a connection would take is chance.
                raise _RefusedAddressError
            kind = socket.AF_INET if address.version == 4 else socket.AF_INET6
            results.append(
                ResolveResult(
                    hostname=host,
                    host=text,
                    port=port,
                    family=kind,
                    proto=socket.IPPROTO_TCP,
                    flags=socket.AI_NUMERICHOST,
                )
            )
        return results

    async def close(self) -> None:
        """Nothing to release."""


class _RefusedAddressError(Exception):
    """A host resolves to an address that is not public."""


class GuardedOutbound:
    """`Outbound` over aiohttp. `allow_private` is for a local stack: http and private addresses too."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        lookup: Lookup | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`tls`: which certificates are trusted; default the system's."""
        self._allow_private = allow_private
        self._lookup = lookup or SystemLookup()
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def check_url(self, url: str) -> None:
        """See `Outbound.check_url`."""
        if len(url) > MAX_URL:
            raise RefusedDestinationError(f"must have at most {MAX_URL} characters")
        if not url.isascii() or any(not "!" <= character <= "~" for character in url):
            raise RefusedDestinationError("must be ASCII without spaces (punycode, percent-encoding)")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise RefusedDestinationError("must be an absolute URL") from error
        if parts.scheme != "https" and not (self._allow_private and parts.scheme == "http"):
            raise RefusedDestinationError("must begin with https://")
        if (
            not host
            or parts.username is not None
            or parts.password is not None
            or parts.fragment
            or port == 0
            or ("[" in parts.netloc and ":" not in host)
        ):
            raise RefusedDestinationError("must have a host and neither user name, password nor fragment")
        self._check_host(host)

    def _check_host(self, host: str) -> None:
        """An address instead of a name does not pass the resolver; what looks like neither is neither."""
        try:
            address = ipaddress.ip_address(host)
        except ValueError as error:
            if len(host) > MAX_HOST or not _NAME.fullmatch(host):
                raise RefusedDestinationError("must name a host, or an address in its usual form") from error
            return
        if not self._allow_private and not is_public(address):
            raise RefusedDestinationError("leads to an address that is not public")

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        """See `Outbound.post`."""
        self.check_url(url)
        try:
            async with asyncio.timeout(seconds):
                return await self._post(url, headers, body)
        except _RefusedAddressError as error:
            raise RefusedDestinationError("leads to an address that is not public") from error
        except TimeoutError as error:
            raise NoAnswerError(f"no answer within {seconds:g} seconds") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error.__cause__, _RefusedAddressError):
                raise RefusedDestinationError("leads to an address that is not public") from error
            raise NoAnswerError(_reason(error)) from error

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **headers}
        async with self._open().post(url, data=body, headers=sent, allow_redirects=False) as response:
            content = await response.content.read(MAX_BODY) if response.status != 204 else b""
            shown = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, shown, content)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=_Guard(self._lookup, self._allow_private),
                use_dns_cache=False,
                force_close=True,
                limit=100,
                ssl=self._tls if self._tls is not None else True,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                trust_env=False,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                max_line_size=8190,
                max_field_size=8190,
            )
        return self._session


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return "the certificate or the TLS handshake was not accepted"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the host name cannot be resolved"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "no connection"
    return f"the exchange broke off ({type(error).__name__})"
