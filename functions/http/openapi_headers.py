"""Headers in the OpenAPI document: what requests may carry and what answers do."""

from __future__ import annotations

from typing import Any, Final

from functions.http.exchange import Route
from functions.http.idempotency import HEADER, MAX_KEY, REPLAYED

_TAGS: Final = r'^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*"){0,9})$'


def header(description: str, kind: str = "string") -> dict[str, Any]:
    """A header of an answer."""
    return {"description": description, "schema": {"type": kind}}


COMMON_HEADERS: Final = {
    "X-Request-Id": header("Names this request in logs and errors"),
    "X-RateLimit-Limit": header("Calls that the caller has in an hour", "integer"),
    "X-RateLimit-Remaining": header("Calls left in this hour", "integer"),
    "X-RateLimit-Reset": header("Epoch second at which the next hour begins", "integer"),
}


def common_headers(route: Route[Any, Any], *, counted: bool = True) -> dict[str, Any]:
    """Headers of any answer of the route, by reference."""
    names = ["X-Request-Id"]
    if counted and route.counted and route.roles is not None:
        names += ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"]
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def success_headers(route: Route[Any, Any], status: int) -> dict[str, Any]:
    """Headers that only answers of success carry."""
    headers = {}
    if route.tagged and status == 200:
        headers["ETag"] = header("Strong entity tag of this representation")
    if route.repeatable:
        headers[REPLAYED] = header(f"`true` where an earlier call with this {HEADER} gave the answer")
    return headers


def not_modified(route: Route[Any, Any]) -> dict[str, Any]:
    """304: the caller has it already."""
    headers = {**common_headers(route), **success_headers(route, 200)}
    return {"description": "Not modified", "headers": headers}


def header_parameters(route: Route[Any, Any]) -> list[dict[str, Any]]:
    """Headers that requests of the route may carry."""
    parameters = []
    if route.repeatable:
        text = "The same for every repeat of one call: it is done once and its answer replayed for 24 hours"
        schema = {"type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": "^[!-~]+$"}
        parameters.append(_parameter(HEADER, text, schema))
    if route.tagged and route.method == "GET":
        text = "Entity tags that the caller has: 304 when the answer would be one of them"
        parameters.append(_parameter("If-None-Match", text, {"type": "string", "pattern": _TAGS}))
    if route.takes_if_match:
        text = "Entity tags that the resource must have for the call to be done"
        parameters.append(_parameter("If-Match", text, {"type": "string", "pattern": _TAGS}))
    return parameters


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": description, "schema": schema}
