"""Types that the wire models of both surfaces share: times, texts, severities, strict bodies."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from shared.domain.errors import Reason
from shared.domain.severity import Severity, parse_severity
from shared.domain.timestamps import wire_time

MAX_ITEMS: Final = 1000
"""Longest array that a request body may carry."""

MAX_ARM_ID: Final = 2048
MAX_NAME: Final = 200
MAX_RESOURCE_GROUP: Final = 90
RESOURCE_GROUP: Final = r"^[-\w.()]*[-\w()]$"
"""Letters, digits, `-_.()`, no period last (learn.microsoft.com, naming rules of Microsoft.Resources)."""

WireTime = Annotated[
    datetime,
    PlainSerializer(wire_time, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2025-08-05T17:42:58Z"]}),
]
"""RFC 3339, UTC, whole seconds, literal `Z`."""


class RequestBody(BaseModel):
    """Base of request bodies: exact JSON types, no unknown members, immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class ResponseBody(BaseModel):
    """Base of response bodies. Optional members are sent as null unless they say otherwise.

    Their schemas stay open: later versions add members, and callers ignore those they do not know.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True, defer_build=True)


class EmptyBody(RequestBody):
    """A body without members: `{}` or nothing at all."""


def refused(reason: Reason, requirement: str) -> PydanticCustomError:
    """The error a validator raises; `requirement` completes a sentence that begins with the field's name."""
    return PydanticCustomError(reason.value, "{requirement}", {"requirement": requirement})


def _printable(value: str) -> str:
    if not value.isprintable():
        raise refused(Reason.INVALID_FORMAT, "must have no control characters")
    if not value.strip():
        raise refused(Reason.INVALID_VALUE, "must not be blank")
    return value


Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME), AfterValidator(_printable)]
"""One line of text, not blank, at most 200 characters."""

ResourceRef = Annotated[str, Field(min_length=1, max_length=MAX_ARM_ID), AfterValidator(_printable)]
"""An ARM id, or a repository or image reference."""

FrameworkName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$", max_length=64)]


def _severity(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_severity(value)
    except ValueError as error:
        raise refused(
            Reason.INVALID_VALUE, "must be one of " + ", ".join(entry.value for entry in Severity)
        ) from error


AnySeverity = Annotated[Severity, BeforeValidator(_severity)]
"""A severity in any case; `info` reads as `low`."""
