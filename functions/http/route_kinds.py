"""The kinds of routes in the route table: who may call, and what is the same for all of a kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from pydantic import BaseModel

from functions.http.exchange import NO_CONTENT, BodyT, Handler, Method, QueryT, Route
from shared.api.errors import ErrorCode
from shared.api.event_grid import EventGridQuery
from shared.api.query import NoQuery
from shared.api.wire import EmptyBody
from shared.domain.principal import Role

ANYONE: Final = frozenset(Role)
WRITERS: Final = frozenset({Role.ADMIN, Role.OPERATOR})
ADMINS: Final = frozenset({Role.ADMIN})

Responses = Mapping[int, type[BaseModel] | str]


def get(
    contract_id: str,
    name: str,
    path: str,
    handler: Handler[EmptyBody, QueryT],
    query: type[QueryT],
    response: type[BaseModel],
    summary: str,
    errors: tuple[ErrorCode, ...] = (),
) -> Route[EmptyBody, QueryT]:
    """A read: any role."""
    return Route(
        contract_id=contract_id,
        name=name,
        method="GET",
        path=path,
        summary=summary,
        handler=handler,
        roles=ANYONE,
        body=EmptyBody,
        query=query,
        responses={200: response},
        errors=errors,
    )


def post(
    contract_id: str,
    name: str,
    path: str,
    handler: Handler[BodyT, NoQuery],
    body: type[BodyT],
    responses: Responses,
    summary: str,
    errors: tuple[ErrorCode, ...] = (),
) -> Route[BodyT, NoQuery]:
    """A write: admin or operator."""
    return Route(
        contract_id=contract_id,
        name=name,
        method="POST",
        path=path,
        summary=summary,
        handler=handler,
        roles=WRITERS,
        body=body,
        query=NoQuery,
        responses=responses,
        errors=errors,
    )


def admin_get(
    contract_id: str,
    name: str,
    path: str,
    handler: Handler[EmptyBody, QueryT],
    query: type[QueryT],
    response: type[BaseModel],
    summary: str,
) -> Route[EmptyBody, QueryT]:
    """A read: administrators."""
    return replace(get(contract_id, name, path, handler, query, response, summary), roles=ADMINS)


def admin_post(
    contract_id: str,
    name: str,
    path: str,
    handler: Handler[BodyT, NoQuery],
    body: type[BodyT],
    responses: Responses,
    summary: str,
    errors: tuple[ErrorCode, ...] = (),
) -> Route[BodyT, NoQuery]:
    """A write: administrators."""
    return replace(post(contract_id, name, path, handler, body, responses, summary, errors), roles=ADMINS)


def admin_patch(
    contract_id: str,
    name: str,
    path: str,
    handler: Handler[BodyT, NoQuery],
    body: type[BodyT],
    response: type[BaseModel],
    summary: str,
) -> Route[BodyT, NoQuery]:
    """A change: administrators."""
    return replace(
        admin_post(contract_id, name, path, handler, body, {200: response}, summary), method="PATCH"
    )


def admin_delete(
    contract_id: str, name: str, path: str, handler: Handler[EmptyBody, NoQuery], summary: str
) -> Route[EmptyBody, NoQuery]:
    """A removal: administrators; nothing is answered."""
    return Route(
        contract_id=contract_id,
        name=name,
        method="DELETE",
        path=path,
        summary=summary,
        handler=handler,
        roles=ADMINS,
        body=EmptyBody,
        query=NoQuery,
        responses={204: NO_CONTENT},
    )


def of_event_grid(
    name: str,
    method: Method,
    handler: Handler[EmptyBody, EventGridQuery],
    responses: Responses,
    summary: str,
    errors: tuple[ErrorCode, ...],
) -> Route[EmptyBody, EventGridQuery]:
    """A call of Event Grid: it brings a key of its own, and is neither counted nor audited."""
    refusals = (ErrorCode.UNAUTHORIZED, ErrorCode.NOT_FOUND, ErrorCode.RATE_LIMITED)
    return Route(
        contract_id="X-05",
        name=name,
        method=method,
        path="v1/eventgrid",
        summary=summary,
        handler=handler,
        roles=None,
        body=EmptyBody,
        query=EventGridQuery,
        responses=responses,
        errors=(*refusals, *errors),
        counted=False,
        unparsed=True,
    )


def public(
    name: str, path: str, handler: Handler[EmptyBody, NoQuery], responses: Responses, summary: str
) -> Route[EmptyBody, NoQuery]:
    """Operations: anonymous and not counted."""
    method: Method = "GET"
    return Route(
        contract_id="X-09",
        name=name,
        method=method,
        path=path,
        summary=summary,
        handler=handler,
        roles=None,
        body=EmptyBody,
        query=NoQuery,
        responses=responses,
        counted=False,
    )
