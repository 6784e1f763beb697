"""The query string as it was sent. The host's own mapping hides repeated and empty parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func

from shared.domain.errors import FieldError, InvalidRequestError, Reason

IGNORED_PARAMETERS: Final = frozenset({"api-version", "code"})
"""Parameters that any route tolerates: Azure clients' version, and the Functions host's key."""

MAX_QUERY: Final = 8192
_MAX_NAME: Final = 120


def parameters(request: func.HttpRequest) -> Mapping[str, str]:
    """Every parameter once; one without a value has the empty one, which is no value of any parameter.

    Raises:
        InvalidRequestError: one is repeated, or the whole is too long.
    """
    query = urlsplit(request.url).query
    if len(query) > MAX_QUERY:
        raise InvalidRequestError.of(
            "query", Reason.TOO_LONG, f"Query must have at most {MAX_QUERY} characters"
        )
    pairs = parse_qsl(query, keep_blank_values=True) or list(request.params.items())
    given: dict[str, str] = {}
    errors: list[FieldError] = []
    for name, value in pairs:
        if name.lower() in IGNORED_PARAMETERS:
            continue
        field = "".join(char if char.isprintable() else "?" for char in name)[:_MAX_NAME] or "query"
        if name in given:
            errors.append(FieldError(field, Reason.INVALID_VALUE, "Parameter is given more than once"))
        given[name] = value
    if errors:
        raise InvalidRequestError(errors[:50])
    return given
