"""Errors raised on purpose. `functions/http/errors.py` maps them to the wire; anything else is a 500."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """`details.reason` vocabulary (contract 3.1)."""

    MISSING = "missing_required_field"
    INVALID_TYPE = "invalid_type"
    INVALID_VALUE = "invalid_value"
    UNKNOWN_FIELD = "unknown_field"
    OUT_OF_RANGE = "out_of_range"
    TOO_LONG = "too_long"
    INVALID_FORMAT = "invalid_format"
    MUTUALLY_EXCLUSIVE = "mutually_exclusive"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refused member of a request: dotted path, reason, and a sentence that never repeats the value."""

    field: str
    reason: Reason
    message: str


@dataclass(eq=False)
class DomainError(Exception):
    """Base of every deliberate failure: a sentence for the caller and machine-readable details."""

    message: str
    details: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(self.message)


class InvalidRequestError(DomainError):
    """The request is malformed (400). Carries every field error; the first one heads `details`."""

    def __init__(self, errors: list[FieldError], message: str | None = None) -> None:
        first = errors[0]
        details: dict[str, Any] = {"field": first.field, "reason": first.reason.value}
        if len(errors) > 1:
            details["errors"] = [
                {"field": e.field, "reason": e.reason.value, "message": e.message} for e in errors
            ]
        super().__init__(message or first.message, details)
        self.errors = errors

    @classmethod
    def of(cls, field_name: str, reason: Reason, message: str) -> InvalidRequestError:
        """The usual case: one field is wrong."""
        return cls([FieldError(field_name, reason, message)])


class UnauthorizedError(DomainError):
    """No valid credential was presented (401)."""


class ForbiddenError(DomainError):
    """The caller is known but lacks the role (403)."""


class RateLimitedError(DomainError):
    """The caller has called as often as it may (429); `retry_after` in seconds, at least 1."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = max(1, retry_after)


class NotFoundError(DomainError):
    """Nothing with that id (404)."""


class ConflictError(DomainError):
    """The operation does not fit the resource's present state (409)."""


class PreconditionFailedError(DomainError):
    """The resource is no longer what the caller's `If-Match` names (412)."""


class KeyReusedError(DomainError):
    """An idempotency key came with another body (422)."""


class PayloadTooLargeError(DomainError):
    """The request body exceeds the limit (413)."""


class UnsupportedMediaTypeError(DomainError):
    """The body is not JSON (415)."""


class UnsupportedCodingError(UnsupportedMediaTypeError):
    """The body is compressed (415)."""


class UnavailableError(DomainError):
    """A dependency (storage, broker, Azure) does not answer (503); safe to try again."""

    def __init__(self, message: str, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after
