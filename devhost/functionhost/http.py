"""HTTP triggers: from a request to the function and from its return value to the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import azure.functions as func
from azure.functions.http import HttpRequest

from devhost.functionhost.asgi import (
    BodyTooLargeError,
    Receive,
    Response,
    Scope,
    header_map,
    query_map,
    read_body,
)
from devhost.functionhost.host_rules import methods_of, route_of
from devhost.functionhost.indexing import IndexedFunction
from devhost.functionhost.invocation import InvalidReturnError, Invoker, log_failure
from devhost.functionhost.keys import AuthLevel, HostKeys
from devhost.functionhost.routes import RouteTable, RouteTemplate

MAX_BODY_BYTES = 104_857_600
"""Default of the Functions host (ScriptConstants.DefaultMaxRequestBodySize)."""

_HOP_HEADERS = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive"})
"""The server computes these; a function's own values would contradict the body."""


def presented_key(headers: dict[str, str], query: dict[str, str]) -> str:
    """The access key of a request: the header ``x-functions-key``, else ``?code=``; empty when absent."""
    if "x-functions-key" in headers:
        return headers["x-functions-key"]
    return query.get("code", "")


def _auth_level(function: IndexedFunction) -> AuthLevel:
    level = function.trigger.auth_level
    # Without a level the host asks for a function key.
    return AuthLevel(str(getattr(level, "value", level)).lower()) if level is not None else AuthLevel.FUNCTION


def to_response(result: Any) -> Response:
    """Turn what an HTTP function returned into the answer that Azure sends.

    Raises:
        InvalidReturnError: when it is neither an HttpResponse nor text.
    """
    if isinstance(result, str):
        return Response(200, result.encode(), ((b"content-type", b"text/plain; charset=utf-8"),))
    if not isinstance(result, func.HttpResponse):
        raise InvalidReturnError(
            f"an HTTP function returned {type(result).__name__}, not an HttpResponse or text"
        )
    status = int(result.status_code)
    if not 200 <= status <= 599:
        raise InvalidReturnError(f"an HTTP function returned the status {status}")
    # The worker keeps one value a name, the last; only cookies may repeat.
    single: dict[bytes, bytes] = {}
    cookies: list[tuple[bytes, bytes]] = []
    for name, value in result.headers.items():
        lower = name.lower()
        if lower == "set-cookie":
            cookies.append((b"set-cookie", value.encode("latin-1")))
        elif lower not in _HOP_HEADERS:
            single[lower.encode("latin-1")] = value.encode("latin-1")
    if b"content-type" not in single:
        mimetype = result.mimetype
        text = f"{mimetype}; charset={result.charset}" if mimetype.startswith("text/") else mimetype
        single[b"content-type"] = text.encode("latin-1")
    return Response(status, result.get_body(), (*single.items(), *cookies))


def _url(scope: Scope, path: str, headers: dict[str, str]) -> str:
    """The request's URL as it was sent: scheme, Host header, escaped path, query."""
    raw_path = (scope.get("raw_path") or path.encode()).decode("latin-1")
    url = f"{scope['scheme']}://{headers.get('host', 'localhost')}{raw_path}"
    raw_query: bytes = scope["query_string"]
    return f"{url}?{raw_query.decode('latin-1')}" if raw_query else url


class HttpFunctions:
    """Routes requests to the HTTP functions of an app."""

    def __init__(
        self,
        functions: Iterable[IndexedFunction],
        *,
        route_prefix: str,
        keys: HostKeys,
        invoker: Invoker,
        max_body_bytes: int = MAX_BODY_BYTES,
        max_concurrent_requests: int | None = None,
        max_outstanding_requests: int | None = None,
    ) -> None:
        self._slots = asyncio.Semaphore(max_concurrent_requests) if max_concurrent_requests else None
        self._max_outstanding = max_outstanding_requests
        self._outstanding = 0
        self._keys = keys
        self._invoker = invoker
        self._max_body_bytes = max_body_bytes
        self._routes: RouteTable[tuple[IndexedFunction, AuthLevel]] = RouteTable()
        for function in functions:
            template = RouteTemplate.parse(f"{route_prefix}/{route_of(function)}")
            self._routes.add(template, methods_of(function), (function, _auth_level(function)))

    async def handle(self, scope: Scope, path: str, receive: Receive) -> Response:
        """Answer one request; ``path`` is the decoded path. Raises ClientGoneError when the client left."""
        method: str = scope["method"]
        hit = self._routes.find(method, path)
        if hit is None:
            return Response(404)
        (function, level), route_params = hit
        headers = header_map(scope["headers"])
        query = query_map(scope["query_string"])
        if level is not AuthLevel.ANONYMOUS and not self._keys.opens_function(
            level, function.name, presented_key(headers, query)
        ):
            return Response(401)
        try:
            body = await read_body(headers, receive, self._max_body_bytes)
        except BodyTooLargeError:
            return Response(413)
        request = HttpRequest(
            method,
            _url(scope, path, headers),
            headers=headers,
            params=query,
            route_params=route_params,
            body_type="bytes",
            body=body,
        )
        if self._max_outstanding is not None and self._outstanding >= self._max_outstanding:
            return Response(429)
        self._outstanding += 1
        try:
            if self._slots is None:
                return await self._run(function, request, headers)
            async with self._slots:
                return await self._run(function, request, headers)
        finally:
            self._outstanding -= 1

    async def _run(
        self, function: IndexedFunction, request: HttpRequest, headers: dict[str, str]
    ) -> Response:
        try:
            response: Response = await self._invoker.invoke(function, request, headers, to_response)
        except Exception as error:
            log_failure(function.name, error)
            return Response(500)
        return response
