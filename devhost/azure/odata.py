"""The OData query options of Microsoft Graph that are understood; every other form is refused with 400.

``$top`` (1 to 999), ``$select`` (names), ``$count=true``, ``$skiptoken`` (opaque) and ``$filter`` in two
forms: ``<property> eq <literal>`` and ``<property> in (<literal>, ...)`` of at most 15 values, for the
properties that a collection allows.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from devhost.azure.errors import GraphError

MAX_TOP: Final = 999
MAX_VALUES: Final = 15
_OPTIONS: Final = frozenset({"$top", "$select", "$filter", "$count", "$skiptoken"})
_LITERAL = r"(?:'(?:[^']|'')*'|true|false|null)"
_EQUALS = re.compile(rf"\s*(\w+)\s+eq\s+({_LITERAL})\s*", re.I)
_IN = re.compile(rf"\s*(\w+)\s+in\s*\(\s*({_LITERAL}(?:\s*,\s*{_LITERAL})*)\s*\)\s*", re.I)
_ANY_LITERAL = re.compile(_LITERAL, re.I)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}

Matches = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class ODataQuery:
    """What a request asks for; ``after`` is the place in the collection where its page begins."""

    top: int | None
    select: tuple[str, ...] | None
    matches: Matches | None
    count: bool
    after: int


def read_query(query: Mapping[str, str], filterable: Sequence[str]) -> ODataQuery:
    """Read the query options of one request; ``filterable`` are the properties that ``$filter`` may name.

    Raises:
        GraphError: 400 for an option or a form that is not understood.
    """
    for option in query:
        if option not in _OPTIONS:
            raise unsupported(f"Query option '{option[:40]}' is not supported.")
    count = query.get("$count", "false").lower()
    if count not in ("true", "false"):
        raise unsupported("$count must be true or false.")
    text = query.get("$filter")
    matches = None if text is None else _read_filter(text, filterable)
    return ODataQuery(
        _read_top(query), _read_select(query), matches, count == "true", _read_token(query.get("$skiptoken"))
    )


def skip_token(after: int) -> str:
    """The opaque token of the page that begins at ``after``."""
    return base64.urlsafe_b64encode(b"standin:%d" % after).decode().rstrip("=")


def unsupported(message: str) -> GraphError:
    """400 as Graph refuses a query that it cannot carry out."""
    return GraphError(400, "Request_UnsupportedQuery", message)


def _read_top(query: Mapping[str, str]) -> int | None:
    top = query.get("$top")
    if top is None:
        return None
    if not (top.isascii() and top.isdigit() and 1 <= int(top[:9]) <= MAX_TOP):
        raise GraphError(400, "Request_BadRequest", f"Invalid page size specified: '{top[:20]}'.")
    return int(top)


def _read_select(query: Mapping[str, str]) -> tuple[str, ...] | None:
    text = query.get("$select")
    if text is None:
        return None
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if not _NAME.fullmatch(name):
            raise GraphError(400, "BadRequest", f"Parsing OData Select failed: '{name[:40]}'.")
    return names


def read_place(token: str) -> int | None:
    """The place that :func:`skip_token` wrote down, None for another text."""
    try:
        place = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, UnicodeError, ValueError):
        return None
    prefix, _, number = place.partition(":")
    valid = prefix == "standin" and number.isascii() and number.isdigit() and len(number) < 10
    return int(number) if valid else None


def _read_token(token: str | None) -> int:
    place = read_place(token) if token else 0
    if place is None:
        raise GraphError(400, "Directory_ExpiredPageToken", "The specified page token value is invalid.")
    return place


def _read_filter(text: str, filterable: Sequence[str]) -> Matches:
    found = _EQUALS.fullmatch(text) or _IN.fullmatch(text)
    if found is None:
        raise unsupported(f"Unsupported or invalid query filter clause: '{text[:100]}'.")
    allowed = {name.lower(): name for name in filterable}
    name = allowed.get(found[1].lower())
    if name is None:
        raise unsupported(f"Unsupported or invalid query filter clause specified for property '{found[1]}'.")
    values = [_value(literal) for literal in _ANY_LITERAL.findall(found[2])]
    if len(values) > MAX_VALUES:
        raise unsupported(f"Too many child clauses specified in search filter expression: {len(values)}.")
    wanted = {_comparable(value) for value in values}
    return lambda item: _comparable(item.get(name)) in wanted


def _value(literal: str) -> object:
    if literal.lower() in _WORDS:
        return _WORDS[literal.lower()]
    return literal[1:-1].replace("''", "'")


def _comparable(value: object) -> object:
    """Directory strings compare without regard to case."""
    if isinstance(value, str):
        return value.lower()
    return value if value is None or isinstance(value, (bool, int, float)) else repr(value)
