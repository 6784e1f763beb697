"""What every request passes, in the order of the contract (2.1).

request id -> authentication -> quota -> (audit of writes) -> authorisation -> body and query -> handler ->
serialisation -> headers.
Nothing of a request is looked at before its caller is known, and existence is the handler's question, last.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

import azure.functions as func
from pydantic import BaseModel

from functions.http.audit import MAX_PATH, audited
from functions.http.authentication import authenticated
from functions.http.client_address import client_address
from functions.http.conditional import condition, representation
from functions.http.errors import error_reply
from functions.http.exchange import Call, Reply, Route, Sent
from functions.http.execution import performed, tagged
from functions.http.query_string import parameters
from functions.http.quota import counted, tell_refusal
from functions.http.trace import begin as begin_trace
from shared.api.json_body import check_content_coding, check_content_type, check_size, parse_object
from shared.api.query import NoQuery
from shared.api.validation import validate, validate_query
from shared.api.wire import EmptyBody
from shared.domain.audit import AuditIntent
from shared.domain.errors import ForbiddenError
from shared.domain.ids import IdKind, make_id
from shared.domain.principal import Principal
from shared.services.application import Application
from shared.services.failed_attempts import TooManyFailuresError

ApplicationSource = Callable[[], Awaitable[Application]]

REQUEST_TAIL: Final = 8
"""Random characters that tell the requests of one second apart."""

_MAX_LOGGED: Final = 128
_log = logging.getLogger(__name__)


async def answer(
    route: Route[Any, Any], request: func.HttpRequest, source: ApplicationSource
) -> func.HttpResponse:
    """Answer one request of a route. Every failure of a request becomes an answer with its request id."""
    began = time.perf_counter()
    try:
        app = await source()
    except Exception as error:  # without settings there is no clock and no token source either
        request_id = make_id(IdKind.REQUEST, datetime.now(UTC), secrets.token_hex(REQUEST_TAIL // 2))
        return _serialised(error_reply(error, request_id, request.headers.get("Accept"), ""), request_id)
    request_id = make_id(IdKind.REQUEST, app.clock.now(), app.tokens.token(REQUEST_TAIL))
    trace = begin_trace(request.headers)
    common: dict[str, str] = {}
    try:
        response = _serialised(await _handled(route, request, app, request_id, common), request_id, common)
    except Exception as error:  # the one place where failures become answers
        if isinstance(error, TooManyFailuresError):
            tell_refusal(error, common)
        accept = request.headers.get("Accept")
        reply = error_reply(error, request_id, accept, app.settings.api.public_url)
        response = _serialised(reply, request_id, common)
    _log.info(
        "request %s %s status=%d ms=%.1f correlation=%s trace=%s span=%s parent=%s",
        request_id,
        route.name,
        response.status_code,
        (time.perf_counter() - began) * 1000,
        _loggable(request.headers.get("X-Request-Id")),
        trace.trace_id,
        trace.span_id,
        trace.parent or "-",
    )
    return response


async def _handled(
    route: Route[Any, Any],
    request: func.HttpRequest,
    app: Application,
    request_id: str,
    common: MutableMapping[str, str],
) -> Reply:
    """The steps of one request. `common` collects headers that go out with any answer."""
    caller: Principal | None = None
    address = client_address(request.headers, app.settings.identity.trusted_hops)
    if route.roles is not None:
        caller = await authenticated(request.headers, address, app)
        if route.counted:
            await counted(caller, app, common)

    async def rest() -> Reply:
        _authorise(route, caller)
        call = Call(
            request_id=request_id,
            path=_concrete_path(route, request),
            parameters=request.route_params,
            body=_body(route, request),
            query=_query(route, request),
            caller=caller,
            if_match=condition(request.headers, "If-Match"),
            sent=_sent(request, address) if route.unparsed else None,
        )
        return tagged(route, request.headers, await performed(route, request.headers, call, app))

    if caller is None or not route.writes:
        return await rest()
    intent = AuditIntent(
        request_id=request_id,
        at=app.clock.now(),
        principal_id=caller.id,
        principal_name=caller.name,
        role=None if caller.role is None else caller.role.value,
        address=address,
        method=route.method,
        path=_concrete_path(route, request)[:MAX_PATH],
        operation=route.name,
    )
    return await audited(app.audit, intent, rest)


def _authorise(route: Route[Any, Any], caller: Principal | None) -> None:
    if route.roles is None or (caller is not None and caller.role in route.roles):
        return
    required = sorted(role.value for role in route.roles)
    raise ForbiddenError(f"This call requires the role {' or '.join(required)}", {"required_roles": required})


def _body(route: Route[Any, Any], request: func.HttpRequest) -> BaseModel:
    if not route.takes_body or route.unparsed:
        return EmptyBody()
    data = request.get_body()
    check_size(data)
    if data:
        check_content_coding(request.headers.get("Content-Encoding"))
        check_content_type(request.headers.get("Content-Type"), route.media_types)
    body: BaseModel = validate(route.body, parse_object(data))
    return body


def _sent(request: func.HttpRequest, address: str | None) -> Sent:
    content = request.get_body()
    check_size(content)
    return Sent(request.headers, content, address)


def _query(route: Route[Any, Any], request: func.HttpRequest) -> NoQuery:
    query: NoQuery = validate_query(route.query, parameters(request))
    return query


def _concrete_path(route: Route[Any, Any], request: func.HttpRequest) -> str:
    quoted = {name: quote(value, safe="", errors="replace") for name, value in request.route_params.items()}
    return "/" + route.path.format_map(quoted)


def _serialised(
    reply: Reply, request_id: str, common: Mapping[str, str] = MappingProxyType({})
) -> func.HttpResponse:
    body = reply.body if isinstance(reply.body, bytes) else representation(reply.body)
    headers = {**common, **reply.headers, **({"Content-Type": reply.media_type} if body else {})}
    headers |= {
        "X-Request-Id": request_id,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return func.HttpResponse(
        body, status_code=reply.status, headers=headers, mimetype=reply.media_type.partition(";")[0]
    )


def _loggable(value: str | None) -> str:
    if not value:
        return "-"
    return "".join(char if char.isascii() and char.isprintable() else "?" for char in value[:_MAX_LOGGED])
