"""Refusals in the form that Azure's services give them: ``{"error": {"code", "message", ...}}``."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from aiohttp import web


class AzureError(Exception):
    """A refusal that a handler raises and the application turns into one HTTP answer.

    ``code`` is the service's machine-readable code (``ResourceNotFound``...), ``extra`` further members of
    the ``error`` object (``target``, ``additionalInfo``...), ``headers`` further response headers.
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
        """The HTTP answer."""
        return json_response(
            {"error": {"code": self.code, "message": self.message, **self.extra}}, self.status, self.headers
        )


class ArmError(AzureError):
    """A refusal of Resource Manager or Resource Graph."""

    def response(self) -> web.Response:
        """The HTTP answer; a 4xx carries ``x-ms-failure-cause: gateway`` as ARM's own refusals do."""
        if self.status < 500:
            self.headers.setdefault("x-ms-failure-cause", "gateway")
        return super().response()


class GraphError(AzureError):
    """A refusal of Microsoft Graph: ``innerError`` tells the time and the request
    (learn.microsoft.com/graph/errors)."""

    def response(self) -> web.Response:
        """The HTTP answer."""
        request_id = str(uuid.uuid4())
        self.headers.setdefault("request-id", request_id)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        inner = {"date": now, "request-id": request_id, "client-request-id": request_id}
        self.extra.setdefault("innerError", inner)
        return super().response()


class VaultError(AzureError):
    """A refusal of a key vault; ``reason`` becomes ``innererror.code``
    (learn.microsoft.com/azure/key-vault/general/rest-error-codes)."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        reason: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        extra = {} if reason is None else {"innererror": {"code": reason}}
        super().__init__(status, code, message, headers=headers, extra=extra)


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
