"""The route table and the wire models as an OpenAPI 3.1 document."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from functions.http.docs_page import HTML
from functions.http.exchange import JSON, NO_CONTENT, PROBLEM_JSON, TEXT, Route
from functions.http.openapi_headers import (
    COMMON_HEADERS,
    common_headers,
    header,
    header_parameters,
    not_modified,
    success_headers,
)
from shared.api.errors import ErrorCode, ErrorEnvelope, Problem
from shared.api.wire import EmptyBody
from shared.domain.principal import Role

VERSION: Final = "1.0"
_REF: Final = "#/components/schemas/{model}"
_BEARER: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key, or an access token of Microsoft Entra ID for this API",
}
_WITH_LOCATION: Final = 202
_CREATED: Final = 201

_DESCRIPTION: Final = (
    "Azure security scanner. Surface A is `/api/v1/security`, surface B is `/v1`. "
    "Times are RFC 3339 UTC with whole seconds. Every answer carries `X-Request-Id`."
)


def document(routes: Sequence[Route[Any, Any]], public_url: str) -> dict[str, Any]:
    """The document as a JSON object; `public_url` becomes its only server."""
    queries = {route.query for route in routes}
    schemas, definitions = _schemas(routes, queries)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        parameters = [
            *_path_parameters(route),
            *_query_parameters(_resolved(schemas[route.query], definitions)),
            *header_parameters(route),
        ]
        paths.setdefault(f"/{route.path}", {})[route.method.lower()] = _operation(route, parameters, schemas)
    for query in queries:
        definitions.pop(schemas[query]["$ref"].rpartition("/")[2])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Security Copilot", "version": VERSION, "description": _DESCRIPTION},
        "servers": [{"url": public_url}],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "headers": COMMON_HEADERS,
            "securitySchemes": {"bearer": _BEARER},
        },
    }


def error_codes(route: Route[Any, Any]) -> list[ErrorCode]:
    """The errors a route may answer with, by status."""
    codes = {ErrorCode.INVALID_REQUEST, ErrorCode.INTERNAL_ERROR, *route.errors}
    if route.roles is not None:
        codes |= {ErrorCode.UNAUTHORIZED, ErrorCode.RATE_LIMITED, ErrorCode.SERVICE_UNAVAILABLE}
        if route.roles != frozenset(Role):
            codes.add(ErrorCode.FORBIDDEN)
    if route.repeatable:
        codes |= {ErrorCode.CONFLICT, ErrorCode.IDEMPOTENCY_KEY_REUSED}
    if route.takes_if_match:
        codes.add(ErrorCode.PRECONDITION_FAILED)
    if route.takes_body:
        codes |= {ErrorCode.PAYLOAD_TOO_LARGE, ErrorCode.UNSUPPORTED_MEDIA_TYPE}
    if "{" in route.path:
        codes.add(ErrorCode.NOT_FOUND)
    return sorted(codes, key=lambda code: code.status)


def _schemas(
    routes: Sequence[Route[Any, Any]], queries: set[type[BaseModel]]
) -> tuple[dict[type[BaseModel], dict[str, Any]], dict[str, Any]]:
    read = queries | {route.body for route in routes if route.body is not EmptyBody}
    written = {model for route in routes for model in route.responses.values() if not isinstance(model, str)}
    written |= {ErrorEnvelope, Problem}
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((model, "validation") for model in sorted(read, key=_name)),
        *((model, "serialization") for model in sorted(written, key=_name)),
    ]
    references, top = models_json_schema(modes, ref_template=_REF)
    return {model: references[model, mode] for model, mode in modes}, top["$defs"]


def _name(model: type[BaseModel]) -> str:
    return model.__name__


def _resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    resolved: Mapping[str, Any] = definitions[schema["$ref"].rpartition("/")[2]]
    return resolved


def _path_parameters(route: Route[Any, Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]


def _query_parameters(model: Mapping[str, Any]) -> list[dict[str, Any]]:
    parameters = []
    for name, schema in model.get("properties", {}).items():
        shown = {key: value for key, value in schema.items() if key not in ("title", "description")}
        parameter = {"name": name, "in": "query", "description": schema["description"], "schema": shown}
        if shown.get("type") == "array":
            parameter |= {"style": "form", "explode": False}
        if "anyOf" in shown:  # an absent parameter, not a null one
            shown.pop("default", None)
            parameter["schema"] = next(entry for entry in shown["anyOf"] if entry.get("type") != "null")
        parameters.append(parameter)
    return parameters


def _operation(
    route: Route[Any, Any],
    parameters: list[dict[str, Any]],
    schemas: Mapping[type[BaseModel], dict[str, Any]],
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "description": _about(route),
        "tags": [route.path.removeprefix("api/").split("/")[1] if route.counted else "operations"],
        "responses": {
            **{str(status): _success(route, status, schemas) for status in route.responses},
            **({"304": not_modified(route)} if route.tagged and route.method == "GET" else {}),
            **{str(code.status): _failure(route, code) for code in error_codes(route)},
        },
    }
    if parameters:
        operation["parameters"] = parameters
    if route.roles is not None:
        operation["security"] = [{"bearer": []}]
    if route.takes_body and route.body is not EmptyBody:
        required = any(field.is_required() for field in route.body.model_fields.values())
        content = {media_type: {"schema": schemas[route.body]} for media_type in route.media_types}
        operation["requestBody"] = {"required": required, "content": content}
    return operation


def _about(route: Route[Any, Any]) -> str:
    if route.roles is None:
        return f"Contract {route.contract_id}. Anonymous."
    return f"Contract {route.contract_id}. Roles: {', '.join(sorted(role.value for role in route.roles))}."


def _success(
    route: Route[Any, Any], status: int, schemas: Mapping[type[BaseModel], dict[str, Any]]
) -> dict[str, Any]:
    model = route.responses[status]
    headers = common_headers(route)
    if status == _WITH_LOCATION:
        headers["Location"] = headers["Operation-Location"] = header("Absolute URL to poll")
        headers["Retry-After"] = header("Seconds to wait before polling")
    headers |= success_headers(route, status)
    if status == _CREATED:
        headers["Location"] = header("Absolute URL of what was made")
    if model == NO_CONTENT:
        return {"description": _TITLES[status], "headers": headers}
    if model == TEXT:
        content: dict[str, Any] = {"text/plain": {"schema": {"type": "string"}}}
    elif model == HTML:
        content = {"text/html": {"schema": {"type": "string"}}}
    elif isinstance(model, str):
        content = {model: {"schema": {"type": "object"}}}
    else:
        content = {JSON: {"schema": schemas[model]}}
    return {"description": _TITLES[status], "headers": headers, "content": content}


def _failure(route: Route[Any, Any], code: ErrorCode) -> dict[str, Any]:
    # Who is not known is not counted.
    headers = common_headers(route, counted=code is not ErrorCode.UNAUTHORIZED)
    if code is ErrorCode.UNAUTHORIZED:
        headers["WWW-Authenticate"] = header("`Bearer`")
    if code is ErrorCode.UNSUPPORTED_MEDIA_TYPE:
        headers["Accept-Encoding"] = header("`identity`, where the body was compressed")
    if code in (ErrorCode.SERVICE_UNAVAILABLE, ErrorCode.RATE_LIMITED):
        headers["Retry-After"] = header("Seconds to wait before trying again")
    content = {
        JSON: {"schema": {"$ref": _REF.format(model="ErrorEnvelope")}},
        PROBLEM_JSON: {"schema": {"$ref": _REF.format(model="Problem")}},
    }
    return {"description": f"`{code.value}`", "headers": headers, "content": content}


_TITLES: Final = {200: "Success", 201: "Made", 204: "Done", 202: "Accepted and under way", 503: "Not ready"}
