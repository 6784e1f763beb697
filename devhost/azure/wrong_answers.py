"""True answers made unreadable."""

from aiohttp import web

from devhost.azure.errors import raw_response
from devhost.azure.faults import WrongAnswer

CODES = {
    408: "RequestTimeout",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServerTimeout",
}
"""Status -> code of a scripted refusal that names none."""


def scripted(wrong: WrongAnswer) -> tuple[int, str, str, dict[str, str]]:
    """``(status, code, message, headers)`` of a wrong answer with a status."""
    status = wrong.status or 500
    wait = wrong.retry_after if wrong.retry_after is not None or status != 429 else 1
    headers = {} if wait is None else {"Retry-After": str(wait)}
    code = wrong.code or CODES.get(status, f"Status{status}")
    return status, code, f"Scripted answer with status {status}.", headers


def spoiled(response: web.Response, wrong: WrongAnswer) -> web.Response:
    """The true answer made unreadable, with its status and headers."""
    true = response.body if isinstance(response.body, bytes) else b""
    if wrong.body == "truncated":
        return raw_response(true[: len(true) // 2], response.status, _kept(response))
    if wrong.body == "empty":
        return raw_response(b"", 200, _kept(response))
    return web.Response(
        text="<html><body>We will be right back.</body></html>",
        content_type="text/html",
        headers=_kept(response),
    )


def _kept(response: web.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.lower().startswith("x-ms-")}
