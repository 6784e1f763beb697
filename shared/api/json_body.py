"""Parses a JSON request body, refusing what JSON readers disagree about."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from shared.domain.errors import (
    InvalidRequestError,
    PayloadTooLargeError,
    Reason,
    UnsupportedCodingError,
    UnsupportedMediaTypeError,
)

MAX_BODY: Final = 1024 * 1024
"""Bytes of a request body (contract 2.2)."""

MAX_DEPTH: Final = 32
"""Nesting of arrays and objects; the deepest body of the contract has four levels."""

MAX_MEMBERS: Final = 200
"""Members of one object; the largest body of the contract has eleven. Bounds the work that errors cost."""

IDENTITY: Final = "identity"
"""The coding that is none."""

BODY: Final = "body"
"""What `details.field` says when the body as a whole is wrong."""


def check_size(body: bytes) -> None:
    """Refuse an oversized body.

    Raises:
        PayloadTooLargeError: more than `MAX_BODY` bytes.
    """
    if len(body) > MAX_BODY:
        raise PayloadTooLargeError(f"Request body exceeds {MAX_BODY} bytes", {"limit": MAX_BODY})


def check_content_type(content_type: str | None, accepted: tuple[str, ...] = ("application/json",)) -> None:
    """Refuse a body that does not say it is JSON in UTF-8.

    Raises:
        UnsupportedMediaTypeError: another media type or charset, or none.
    """
    media_type, _, parameters = (content_type or "").partition(";")
    charsets = [
        value.strip().strip('"').lower()
        for name, _, value in (part.partition("=") for part in parameters.split(";"))
        if name.strip().lower() == "charset"
    ]
    if media_type.strip().lower() not in accepted or any(value != "utf-8" for value in charsets):
        raise UnsupportedMediaTypeError(
            f"Request body must be {' or '.join(accepted)} in UTF-8", {"accepted": list(accepted)}
        )


def check_content_coding(content_encoding: str | None) -> None:
    """Refuse a compressed body: what it would grow to is the sender's choice (RFC 9110, 8.4 and 15.5.16).

    Raises:
        UnsupportedCodingError: any coding but `identity`.
    """
    codings = [name.strip().lower() for name in (content_encoding or "").split(",")]
    if any(name not in ("", IDENTITY) for name in codings):
        raise UnsupportedCodingError("Request body must not be compressed", {"accepted": [IDENTITY]})


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`; nothing at all reads as `{}`.

    Raises:
        InvalidRequestError: not UTF-8, not JSON (RFC 8259: no NaN, no Infinity), a repeated member, more than
            `MAX_MEMBERS` in an object, deeper than `MAX_DEPTH`, or not an object.
    """
    if not body:
        return {}
    value = parse_json(body)
    if not isinstance(value, dict):
        raise InvalidRequestError.of(BODY, Reason.INVALID_TYPE, "Request body must be a JSON object")
    return value


def parse_json(body: bytes) -> Any:
    """The JSON value in `body`, within the same limits.

    Raises:
        InvalidRequestError: as above, for anything but the kind of value.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant)
    except InvalidRequestError:
        raise
    except (ValueError, RecursionError) as error:
        raise _malformed("Request body is not valid JSON") from error
    _check_depth(value)
    return value


def _malformed(message: str) -> InvalidRequestError:
    return InvalidRequestError.of(BODY, Reason.INVALID_FORMAT, message)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_MEMBERS:
        raise InvalidRequestError.of(
            BODY, Reason.TOO_LONG, f"Request body has an object of more than {MAX_MEMBERS} members"
        )
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _malformed("Request body repeats a member of an object")
    return members


def _no_constant(_: str) -> NoReturn:
    raise _malformed("Request body is not valid JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _malformed("Request body has a number out of range")
    return value


def _check_depth(value: Any) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [child for item in level for child in _children(item) if isinstance(child, dict | list)]
        if not level:
            return
    raise _malformed(f"Request body is nested deeper than {MAX_DEPTH} levels")


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
