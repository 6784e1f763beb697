"""From HTTP answers of Azure Resource Manager to the errors of the Inventory port."""

from __future__ import annotations

from typing import Any, Final

import orjson
from azure.core.exceptions import ClientAuthenticationError

from shared.domain.text import one_line
from shared.ports.errors import (
    InventoryDeniedError,
    InventoryError,
    NetworkBlockedError,
    PageTooLargeError,
)

_MAX_MESSAGE: Final = 500
_MAX_CODE: Final = 100

# "Response payload size is ..., and has exceeded the limit of 16777216": status 400, code BadRequest, and
# this code among the details (https://github.com/microsoft/ARI/issues/199).
_TOO_LARGE: Final = "responsepayloadtoolarge"

# Inner codes of a vault's 403 that speak of the network and not of the caller
# (https://learn.microsoft.com/azure/key-vault/general/rest-error-codes).
_BLOCKED: Final = frozenset({"forbiddenbyfirewall", "forbiddenbyconnection"})

_TRANSIENT: Final = frozenset({408, 429, 500, 502, 503, 504})


def error_of(status: int, content: bytes, what: str) -> InventoryError:
    """The error that an answer other than 2xx stands for.

    Args:
        status: HTTP's.
        content: the body, in ARM's form `{"error": {"code", "message", "details": [...]}}` or anything else.
        what: what was asked for, in words.
    """
    code, message, inner, detail_codes = _described(content)
    shown = f"{code} ({inner})" if inner else code
    text = f"{what}: {status} {shown}".rstrip() + (f": {message}" if message else "")
    if status == 403 and inner.lower() in _BLOCKED:
        return NetworkBlockedError(text, status=status, code=code)
    if status in (401, 403):
        return InventoryDeniedError(text, status=status, code=code)
    if _TOO_LARGE in (code.lower(), *detail_codes) or status == 413:
        return PageTooLargeError(text, status=status, code=code)
    return InventoryError(text, status=status, code=code, transient=status in _TRANSIENT)


def no_token(error: ClientAuthenticationError, what: str) -> InventoryError:
    """The error of a call that could not be sent for want of a token.

    A token service that answers 429 or 5xx is only out of order; any other refusal is one.
    """
    text = f"{what}: no token: {one_line(str(error.message), _MAX_MESSAGE)}"
    status = error.status_code or 401
    if status in _TRANSIENT:
        return InventoryError(text, status=status, code="TokenUnavailable", transient=True)
    return InventoryDeniedError(text, status=401, code="AuthenticationFailed")


def unparsable(what: str, reason: str, *, status: int = 200) -> InventoryError:
    """The error of an answer that is not what the protocol says: worth another try."""
    return InventoryError(f"{what}: {reason}", status=status, code="UnparsableAnswer", transient=True)


def _described(content: bytes) -> tuple[str, str, str, tuple[str, ...]]:
    """Code, message, inner code and codes of the details; empty where the body has none."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return "", "", "", ()
    error: Any = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", "", "", ()
    details = error.get("details")
    codes = tuple(
        str(detail.get("code", "")).lower()
        for detail in (details if isinstance(details, list) else ())
        if isinstance(detail, dict)
    )
    inner = error.get("innererror")
    inner_code = _short(inner.get("code")) if isinstance(inner, dict) else ""
    return (
        _short(error.get("code")),
        one_line(str(error.get("message") or ""), _MAX_MESSAGE),
        inner_code,
        codes,
    )


def _short(code: Any) -> str:
    return one_line(str(code or ""), _MAX_CODE)
