"""Error bodies: the envelope of both surfaces (contract 3.1) and problem details (RFC 9457, contract 3.3)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import ConfigDict, Field

from shared.api.wire import ResponseBody


class ErrorCode(StrEnum):
    """Codes that an answer may carry (contract 3.2)."""

    INVALID_REQUEST = "INVALID_REQUEST"
    UNAUTHORIZED = "UNAUTHORIZED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    PRECONDITION_FAILED = "PRECONDITION_FAILED"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    RATE_LIMITED = "RATE_LIMITED"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return _STATUS[self]

    @property
    def heading(self) -> str:
        """The code in words: the same for every occurrence (RFC 9457, 3.1.3)."""
        return self.value.replace("_", " ").capitalize()

    @property
    def slug(self) -> str:
        """The code as part of a URL: `not-found`."""
        return self.value.replace("_", "-").lower()


_STATUS = {
    ErrorCode.INVALID_REQUEST: 400,
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.CONFLICT: 409,
    ErrorCode.PRECONDITION_FAILED: 412,
    ErrorCode.PAYLOAD_TOO_LARGE: 413,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: 415,
    ErrorCode.IDEMPOTENCY_KEY_REUSED: 422,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.INTERNAL_ERROR: 500,
    ErrorCode.SERVICE_UNAVAILABLE: 503,
}


class ErrorBody(ResponseBody):
    """What went wrong: exactly these four members."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    code: ErrorCode
    message: str
    details: dict[str, Any]
    request_id: str


class ErrorEnvelope(ResponseBody):
    """The body of every error: exactly this member."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    error: ErrorBody


class Problem(ResponseBody):
    """The same as RFC 9457 has it, for callers whose `Accept` prefers `application/problem+json`."""

    type: str = Field(description="URL that names the kind of problem")
    title: str
    status: int
    detail: str
    instance: str = Field(description="URN of the request")
    code: ErrorCode
    details: dict[str, Any]
    request_id: str
