"""Turns pydantic's errors into the vocabulary of the contract (3.1), without ever repeating a value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shared.api.json_body import BODY
from shared.api.wire import MAX_ITEMS
from shared.domain.errors import FieldError, InvalidRequestError, Reason

Model = TypeVar("Model", bound=BaseModel)

MAX_ERRORS: Final = 50
"""Field errors that one answer lists."""

MAX_PATH: Final = 120
_ACRONYMS: Final = {"id": "ID", "ids": "IDs", "url": "URL", "pr": "PR", "cve": "CVE", "api": "API"}

_REASONS: Final[Mapping[str, Reason]] = {
    "missing": Reason.MISSING,
    "extra_forbidden": Reason.UNKNOWN_FIELD,
    "enum": Reason.INVALID_VALUE,
    "literal_error": Reason.INVALID_VALUE,
    "value_error": Reason.INVALID_VALUE,
    "greater_than": Reason.OUT_OF_RANGE,
    "greater_than_equal": Reason.OUT_OF_RANGE,
    "less_than": Reason.OUT_OF_RANGE,
    "less_than_equal": Reason.OUT_OF_RANGE,
    "string_too_long": Reason.TOO_LONG,
    "too_long": Reason.TOO_LONG,
    "string_too_short": Reason.INVALID_VALUE,
    "too_short": Reason.INVALID_VALUE,
    "string_pattern_mismatch": Reason.INVALID_FORMAT,
    "string_unicode": Reason.INVALID_FORMAT,
}

_TEXT_CHOICES: Final = frozenset({"enum", "literal_error"})

_TYPES: Final[Mapping[str, str]] = {
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "list_type": "must be an array",
    "tuple_type": "must be an array",
    "dict_type": "must be an object",
    "model_type": "must be an object",
}


def validate(model: type[Model], document: Mapping[str, Any]) -> Model:
    """Check a parsed JSON object against a wire model, by JSON's types.

    Raises:
        InvalidRequestError: every field error: missing members first, the rest in document order.
    """
    _refuse_long_arrays(document)
    try:
        text = orjson.dumps(document)
    except orjson.JSONEncodeError as error:  # lone surrogates, and integers beyond 64 bits
        raise InvalidRequestError.of(
            BODY, Reason.INVALID_FORMAT, "Request body has a text or a number that cannot be represented"
        ) from error
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise InvalidRequestError(field_errors(error, document)) from error


def validate_query(model: type[Model], parameters: Mapping[str, str]) -> Model:
    """Check query parameters, which are texts, against a model of them.

    Raises:
        InvalidRequestError: every parameter that is wrong or unknown.
    """
    try:
        return model.model_validate(dict(parameters))
    except ValidationError as error:
        raise InvalidRequestError(field_errors(error, parameters, depth=1)) from error


def field_errors(
    error: ValidationError, document: Mapping[str, Any], depth: int | None = None
) -> list[FieldError]:
    """At least one, at most `MAX_ERRORS`, without the values; paths cut off below `depth` parts."""
    details = error.errors(include_url=False, include_input=False)
    # Pydantic also calls an array too short whose items were refused.
    refused = {detail["loc"][: len(detail["loc"]) - cut] for detail in details for cut in range(1, 4)}
    details = [one for one in details if not (one["type"] == "too_short" and one["loc"] in refused)]
    ordered = sorted(details, key=lambda detail: _position(detail, document))
    return [_field_error(detail, document, depth) for detail in ordered[:MAX_ERRORS]]


def field_title(path: str) -> str:
    """`subscription_id` -> `Subscription ID`: how messages name a field."""
    words = path.replace(".", " ").replace("_", " ").split()
    spelled = [_ACRONYMS.get(word, word) for word in words]
    text = " ".join(spelled)
    return text[:1].upper() + text[1:]


def _refuse_long_arrays(document: Mapping[str, Any]) -> None:
    """Pydantic would look at every item of an array before it minds the length."""
    pending: list[tuple[str, Any]] = [("", document)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, list) and len(value) > MAX_ITEMS:
            field = _path(path.split("."))
            raise InvalidRequestError.of(
                field, Reason.TOO_LONG, f"{field_title(field)} must have at most {MAX_ITEMS} items"
            )
        children = value.items() if isinstance(value, Mapping) else enumerate(value)
        pending += [
            (f"{path}.{name}" if path else str(name), child)
            for name, child in children
            if isinstance(child, dict | list)
        ]


def _field_error(detail: ErrorDetails, document: Mapping[str, Any], depth: int | None) -> FieldError:
    path = _path(detail["loc"][:depth])
    if detail["type"] in _TEXT_CHOICES and not isinstance(_value_at(detail["loc"], document), str):
        return FieldError(path, Reason.INVALID_TYPE, f"{field_title(path)} must be a string")
    reason = _reason(detail["type"])
    if reason is Reason.UNKNOWN_FIELD:
        return FieldError(path, reason, "Unknown field")
    if reason is Reason.MISSING:
        return FieldError(path, reason, f"{field_title(path)} is required")
    return FieldError(path, reason, f"{field_title(path)} {_requirement(detail)}")


def _reason(kind: str) -> Reason:
    if kind in _REASONS:
        return _REASONS[kind]
    try:
        return Reason(kind)  # raised by our own validators under the contract's name
    except ValueError:
        return Reason.INVALID_TYPE


def _requirement(detail: ErrorDetails) -> str:  # noqa: PLR0911 - one line per kind of error
    kind, context = detail["type"], detail.get("ctx", {})
    if "requirement" in context:
        return str(context["requirement"])
    match kind:
        case "enum" | "literal_error":
            return "must be one of " + re.sub(r"'|(?<=') or (?=')", _listed, str(context["expected"]))
        case "greater_than_equal":
            return f"must be at least {context['ge']}"
        case "less_than_equal":
            return f"must be at most {context['le']}"
        case "string_too_long":
            return f"must have at most {context['max_length']} characters"
        case "too_long":
            return f"must have at most {context['max_length']} items"
        case "string_too_short" if context["min_length"] > 1:
            return f"must have at least {context['min_length']} characters"
        case "string_too_short" | "too_short":
            return "must not be empty"
        case "string_pattern_mismatch":
            return "has the wrong form"
    return _TYPES.get(kind, "is not valid")


def _listed(match: re.Match[str]) -> str:
    return ", " if "or" in match[0] else ""


def _path(location: Sequence[int | str]) -> str:
    text = ".".join(str(part) for part in location) or BODY
    return "".join(char if char.isprintable() else "?" for char in text)[:MAX_PATH]


def _value_at(location: Sequence[int | str], document: Mapping[str, Any]) -> Any:
    """The refused value: its JSON type tells a wrong type from a wrong choice. Texts of a comma list stay."""
    value: Any = document
    for part in location:
        if isinstance(value, str):
            return value
        value = value[part]
    return value


def _position(detail: ErrorDetails, document: Mapping[str, Any]) -> tuple[int, ...]:
    """Where in the document a field stands; missing ones stand before all others."""
    if detail["type"] == "missing":
        return (-1,)
    position: list[int] = []
    value: Any = document
    for part in detail["loc"]:
        if isinstance(value, Mapping) and part in value:
            position.append(list(value).index(part))
            value = value[part]
        elif isinstance(value, Sequence) and isinstance(part, int) and part < len(value):
            position.append(part)
            value = value[part]
        else:
            break
    return tuple(position)
