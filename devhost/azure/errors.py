"""Refusals in the form Azure Resource Manager gives them: ``{"error": {"code", "message", ...}}``."""

from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web


class ArmError(Exception):
    """A refusal that a handler raises and the application turns into one HTTP answer.

    ``code`` is ARM's machine-readable code (``ResourceNotFound``...), ``extra`` further members of the
    ``error`` object (``target``, ``additionalInfo``...), ``headers`` further response headers.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    def response(self) -> web.Response:
        """The HTTP answer; a 4xx carries ``x-ms-failure-cause: gateway`` as ARM's own refusals do."""
        headers = dict(self.headers)
        if self.status < 500:
            headers.setdefault("x-ms-failure-cause", "gateway")
        return json_response(
            {"error": {"code": self.code, "message": self.message, **self.extra}}, self.status, headers
        )


def json_response(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """``value`` as a JSON answer."""
    return raw_response(orjson.dumps(value), status, headers)


def raw_response(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Bytes that are sent as they are, labelled JSON."""
    return web.Response(
        body=body,
        status=status,
        content_type="application/json",
        charset="utf-8",
        headers=dict(headers or {}),
    )


def bad_request(message: str, code: str = "BadRequest") -> ArmError:
    """400 with a reason."""
    return ArmError(400, code, message)


def graph_error(status: int, code: str, detail_code: str, reason: str) -> ArmError:
    """A refusal in Resource Graph's form: the reason stands in ``details``, not in the message."""
    return ArmError(
        status,
        code,
        "Please provide below info when asking for support.",
        extra={"details": [{"code": detail_code, "message": reason}]},
    )


def resource_not_found(resource_id: str) -> ArmError:
    """404 for a resource id that names nothing."""
    return ArmError(404, "ResourceNotFound", f"The Resource '{resource_id}' was not found.")


def authorization_failed(action: str, scope: str) -> ArmError:
    """403 for an action that the caller's roles do not grant."""
    return ArmError(
        403,
        "AuthorizationFailed",
        f"The client does not have authorization to perform action '{action}' over scope '{scope}' or "
        "the scope is invalid. If access was recently granted, please refresh your credentials.",
    )
