"""The one mapping of failures to the wire: the contract's envelope (3.1), or problem details (3.3)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from functions.http.exchange import JSON, PROBLEM_JSON, RETRY_AFTER, Reply
from shared.api.errors import ErrorBody, ErrorCode, ErrorEnvelope, Problem
from shared.api.json_body import IDENTITY
from shared.domain.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    InvalidRequestError,
    KeyReusedError,
    NotFoundError,
    PayloadTooLargeError,
    PreconditionFailedError,
    RateLimitedError,
    UnauthorizedError,
    UnavailableError,
    UnsupportedCodingError,
    UnsupportedMediaTypeError,
)
from shared.ports.errors import BrokerUnavailableError, StorageUnavailableError

_CODES: Final[Mapping[type[DomainError], ErrorCode]] = {
    InvalidRequestError: ErrorCode.INVALID_REQUEST,
    UnauthorizedError: ErrorCode.UNAUTHORIZED,
    ForbiddenError: ErrorCode.FORBIDDEN,
    NotFoundError: ErrorCode.NOT_FOUND,
    RateLimitedError: ErrorCode.RATE_LIMITED,
    ConflictError: ErrorCode.CONFLICT,
    PreconditionFailedError: ErrorCode.PRECONDITION_FAILED,
    KeyReusedError: ErrorCode.IDEMPOTENCY_KEY_REUSED,
    PayloadTooLargeError: ErrorCode.PAYLOAD_TOO_LARGE,
    UnsupportedMediaTypeError: ErrorCode.UNSUPPORTED_MEDIA_TYPE,
    UnavailableError: ErrorCode.SERVICE_UNAVAILABLE,
}

_UNAVAILABLE: Final[Mapping[type[Exception], str]] = {
    StorageUnavailableError: "Storage does not answer; try again later",
    BrokerUnavailableError: "The message broker does not answer; try again later",
}

RETRY_SECONDS: Final = 5
"""`Retry-After` of a 503 whose cause says nothing itself."""

_log = logging.getLogger(__name__)


def error_reply(error: Exception, request_id: str, accept: str | None, public_url: str) -> Reply:
    """The answer to a failed call. Failures nobody expected are logged whole and answered without a word."""
    body, headers = _described(error, request_id)
    status = body.code.status
    if not prefers_problem(accept):
        return Reply(status, ErrorEnvelope(error=body), headers)
    problem = Problem(
        type=f"{public_url}/errors/{body.code.slug}",
        title=body.code.heading,
        status=status,
        detail=body.message,
        instance=f"urn:request:{request_id}",
        code=body.code,
        details=body.details,
        request_id=request_id,
    )
    return Reply(status, problem, headers, PROBLEM_JSON)


def _described(error: Exception, request_id: str) -> tuple[ErrorBody, Mapping[str, str]]:
    def body(code: ErrorCode, message: str, details: Mapping[str, object] | None = None) -> ErrorBody:
        return ErrorBody(code=code, message=message, details=dict(details or {}), request_id=request_id)

    for kind, message in _UNAVAILABLE.items():
        if isinstance(error, kind):
            _log.warning("request %s: %s", request_id, error)
            return body(ErrorCode.SERVICE_UNAVAILABLE, message), {RETRY_AFTER: str(RETRY_SECONDS)}
    code = _code(error)
    if code is None or not isinstance(error, DomainError):
        _log.error("request %s failed", request_id, exc_info=error)
        return body(ErrorCode.INTERNAL_ERROR, "Internal error"), {}
    headers: dict[str, str] = {}
    if code is ErrorCode.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"  # RFC 9110, 15.5.2
    if isinstance(error, UnsupportedCodingError):
        headers["Accept-Encoding"] = IDENTITY  # RFC 9110, 15.5.16
    if isinstance(error, UnavailableError | RateLimitedError):
        headers[RETRY_AFTER] = str(error.retry_after)
    return body(code, error.message, error.details), headers


def code_of(error: Exception) -> ErrorCode:
    """The code that a failure is answered with."""
    if isinstance(error, tuple(_UNAVAILABLE)):
        return ErrorCode.SERVICE_UNAVAILABLE
    return _code(error) or ErrorCode.INTERNAL_ERROR


def _code(error: Exception) -> ErrorCode | None:
    for kind in type(error).__mro__:
        if kind in _CODES:
            return _CODES[kind]
    return None


def prefers_problem(accept: str | None) -> bool:
    """Whether `Accept` ranks `application/problem+json` above `application/json` (RFC 9110, 12.5.1)."""
    if not accept:
        return False
    return _quality(accept, PROBLEM_JSON) > _quality(accept, JSON)


def _quality(accept: str, media_type: str) -> float:
    """The weight of the most specific range that covers the type; 0 when none does."""
    ranges = {media_type: 3, media_type.split("/", maxsplit=1)[0] + "/*": 2, "*/*": 1}
    best, quality = 0, 0.0
    for entry in accept.split(","):
        name, *parameters = (part.strip().lower() for part in entry.split(";"))
        if ranges.get(name, 0) <= best:
            continue
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        try:
            best, quality = ranges[name], float(weight)
        except ValueError:
            continue
    return quality
