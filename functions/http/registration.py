"""Registers the route table with Azure Functions: one function for each row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import azure.functions as func

from functions.http.exchange import Route
from functions.http.pipeline import ApplicationSource, answer

TRIGGER_ARGUMENT = "req"
"""Parameter of every function; the Functions host allows no underscores in binding names."""

EntryPoint = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


def http_blueprint(routes: Sequence[Route[Any, Any]], source: ApplicationSource) -> func.Blueprint:
    """A blueprint with one function per route. `source` gives the application, built once per process.

    All are `AuthLevel.ANONYMOUS` for the host: the pipeline is the only gate (contract 2.1).
    """
    blueprint = func.Blueprint()  # type: ignore[no-untyped-call]
    for route in routes:
        bound = blueprint.route(
            route=route.path,
            methods=[route.method],
            auth_level=func.AuthLevel.ANONYMOUS,
            trigger_arg_name=TRIGGER_ARGUMENT,
        )(entry_point(route, source))
        blueprint.function_name(route.name)(bound)
    return blueprint


def entry_point(route: Route[Any, Any], source: ApplicationSource) -> EntryPoint:
    """The function that the host calls for a route."""

    async def handle(req: func.HttpRequest) -> func.HttpResponse:
        return await answer(route, req, source)

    handle.__name__ = handle.__qualname__ = route.name
    handle.__doc__ = route.summary
    return handle
