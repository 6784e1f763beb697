"""Bodies of Resource Manager answers: single resources with their entity tag, and pages of lists."""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import orjson

from devhost.azure.errors import bad_request

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Body:
    """A body with its entity tag, where the answer has one."""

    raw: bytes
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of a list is asked for; ``link`` is the request's URL without its query."""

    link: str
    query: Mapping[str, str]
    size: int
    filtered: bool = False
    """Whether the items are already those that `$filter` asks for."""


def value(items: Sequence[Any]) -> Body:
    """A whole list in one page."""
    return Body(orjson.dumps({"value": items}))


def page_of(
    request: PageRequest, items: Sequence[_T], key: Callable[[_T], str], render: Callable[[_T], bytes]
) -> Body:
    """One page of ``items``, which ascend by ``key``; ``nextLink`` goes on after the last key of the page.

    Raises:
        ArmError: 400 for a `$top`, `$skiptoken` or `$filter` that is not understood.
    """
    if "$filter" in request.query and not request.filtered:
        raise bad_request("The stand-in does not filter lists: '$filter'.", "InvalidQueryParameter")
    start = 0
    token = request.query.get("$skiptoken")
    if token:
        start = bisect_right(items, _after(token).encode(), key=lambda item: key(item).encode())
    shown = items[start : start + _page_size(request)]
    body = b'{"value":[' + b",".join(render(item) for item in shown) + b"]"
    if start + len(shown) < len(items):
        last = base64.urlsafe_b64encode(key(shown[-1]).encode()).decode()
        version = quote(request.query.get("api-version", ""))
        link = f"{request.link}?api-version={version}&$skiptoken={quote(last)}"
        if "$top" in request.query:
            link += f"&$top={quote(request.query['$top'])}"
        if request.filtered:
            link += f"&$filter={quote(request.query['$filter'])}"
        body += b',"nextLink":' + orjson.dumps(link)
    return Body(body + b"}")


def _page_size(request: PageRequest) -> int:
    top = request.query.get("$top")
    if top is None:
        return request.size
    if not (top.isascii() and top.isdigit() and 1 <= int(top[:9]) <= 1000):
        raise bad_request(f"$top must be a number from 1 to 1000, not '{top[:20]}'.", "InvalidQueryParameter")
    return int(top)


def _after(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeError) as error:
        raise bad_request("The $skiptoken cannot be read.", "InvalidSkipToken") from error
