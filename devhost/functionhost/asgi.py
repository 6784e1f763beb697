"""The few ASGI messages that the host exchanges with the web server (asgi.readthedocs.io, HTTP 2.x)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_LONGEST_LENGTH = 18
"""Digits of a content-length; int() refuses very long numbers with an error of its own."""
_NO_BODY_STATUSES = frozenset({204, 304})


class BodyTooLargeError(Exception):
    """The request's body is over the limit."""


class ClientGoneError(Exception):
    """The client hung up while it sent its body."""


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer. Header names are lower case; content-length is added."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()


def header_map(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case name; repeated ones joined with a comma, as the Functions host hands them on."""
    found: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def query_map(raw: bytes) -> dict[str, str]:
    """Query parameters as the Functions host hands them to a worker.

    Repeated ones are joined with a comma, names are equal without regard to case (the first spelling stays),
    and empty values are dropped (GrpcMessageConversionExtensions.ToRpcHttp).
    """
    found: dict[str, str] = {}
    spelling: dict[str, str] = {}
    if not raw:
        return found
    for name, value in parse_qsl(raw.decode("latin-1")):
        first = spelling.setdefault(name.lower(), name)
        found[first] = f"{found[first]},{value}" if first in found else value
    return found


async def read_body(headers: dict[str, str], receive: Receive, limit: int) -> bytes:
    """The request's body.

    Raises:
        BodyTooLargeError: when it is longer than ``limit`` bytes, declared or sent.
        ClientGoneError: when the client hung up.
    """
    declared = headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > _LONGEST_LENGTH or int(declared) > limit):
        raise BodyTooLargeError
    first = await receive()
    if first["type"] == "http.request" and not first.get("more_body"):
        body: bytes = first.get("body", b"")
        if len(body) > limit:
            raise BodyTooLargeError
        return body
    chunks = bytearray()
    message = first
    while True:
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunks += message.get("body", b"")
        if len(chunks) > limit:
            raise BodyTooLargeError
        if not message.get("more_body"):
            return bytes(chunks)
        message = await receive()


async def send_response(send: Send, method: str, response: Response) -> None:
    """Send the answer; the body stays out for HEAD, 204 and 304."""
    headers = [*response.headers]
    bodiless = response.status in _NO_BODY_STATUSES
    if not bodiless:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    body = b"" if bodiless or method == "HEAD" else response.body
    await send({"type": "http.response.body", "body": body})
