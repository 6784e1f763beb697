"""Absolute URLs of the API, built from the configured base and never from a request's Host (contract 2.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from functions.http.exchange import POLL_SECONDS, RETRY_AFTER, Call
from shared.api.cursor import CursorCodec
from shared.api.query import PageQuery
from shared.domain.errors import InvalidRequestError, Reason
from shared.domain.page import PageRequest
from shared.domain.scan import Scan
from shared.services.application import Application


def v1_scan_url(app: Application, scan_id: str) -> str:
    """B-02 of a scan."""
    return f"{app.settings.api.public_url}/v1/scans/{quote(scan_id, safe='')}"


def security_scan_url(app: Application, scan_id: str) -> str:
    """A-04 of a scan."""
    return f"{app.settings.api.public_url}/api/v1/security/scans/{quote(scan_id, safe='')}"


def operation_headers(url: str) -> Mapping[str, str]:
    """Headers of a 202: where to look, and when."""
    return {"Location": url, "Operation-Location": url, RETRY_AFTER: POLL_SECONDS}


def progress_headers(scan: Scan) -> Mapping[str, str]:
    """`Retry-After` while a scan is not over."""
    return {} if scan.status.terminal else {RETRY_AFTER: POLL_SECONDS}


def page_request(call: Call[Any, Any], query: PageQuery, app: Application) -> PageRequest:
    """The page that a list call asks for.

    Raises:
        InvalidRequestError: the cursor is not of this list, or stands beside an offset.
    """
    query.check()
    if query.cursor is None:
        return PageRequest(query.limit, query.offset)
    after = _codec(app).decode(call.path, query.filters(), query.cursor)
    return PageRequest(query.limit, 0, after)


def next_link(call: Call[Any, Any], query: PageQuery, app: Application, after: str | None) -> str | None:
    """The URL of the page behind the position `after`, with every parameter of this one; None at the end."""
    if after is None:
        return None
    filters = query.filters()
    cursor = _codec(app).encode(call.path, filters, after)
    parameters = urlencode({**filters, "limit": query.limit, "cursor": cursor}, safe=",")
    return f"{app.settings.api.public_url}{call.path}?{parameters}"


def _codec(app: Application) -> CursorCodec:
    return CursorCodec(app.settings.api.cursor_secret.get_secret_value())


def token_of(app: Application, path: str, position: int) -> str:
    """A position in the event log as callers of `path` carry it: opaque and signed."""
    return _codec(app).encode(path, {}, str(position))


def position_of(app: Application, path: str, token: str) -> int:
    """The inverse of `token_of`.

    Raises:
        InvalidRequestError: not a token of this path.
    """
    try:
        return int(_codec(app).decode(path, {}, token))
    except InvalidRequestError as error:
        raise InvalidRequestError.of(
            "after", Reason.INVALID_VALUE, "After is not a position of this list"
        ) from error
