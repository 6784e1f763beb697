"""Opaque paging cursors: a store's position, signed together with the route and filters it belongs to.

`1.<base64url position>.<base64url tag>`, where the tag is the first 16 bytes of HMAC-SHA256 (RFC 2104, and
its section 5 for the truncation) over version, path, filters and position.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Final

from shared.domain.errors import InvalidRequestError, Reason

VERSION: Final = "1"
TAG_BYTES: Final = 16


class CursorCodec:
    """Signs positions and checks them. One secret per deployment; changing it voids cursors in use."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def encode(self, path: str, filters: Mapping[str, str], position: str) -> str:
        """The cursor of a position in the list at `path` under `filters`."""
        return ".".join((VERSION, _to_text(position.encode()), _to_text(self._tag(path, filters, position))))

    def decode(self, path: str, filters: Mapping[str, str], cursor: str) -> str:
        """The position in a cursor of this list.

        Raises:
            InvalidRequestError: not one of our cursors, altered, or of another list or filter.
        """
        version, _, rest = cursor.partition(".")
        payload, _, tag = rest.partition(".")
        try:
            position = _from_text(payload).decode()
            given = _from_text(tag)
        except (ValueError, binascii.Error) as error:
            raise _refusal() from error
        if version != VERSION or not hmac.compare_digest(given, self._tag(path, filters, position)):
            raise _refusal()
        return position

    def _tag(self, path: str, filters: Mapping[str, str], position: str) -> bytes:
        signed = json.dumps([VERSION, path, sorted(filters.items()), position]).encode()
        return hmac.new(self._secret, signed, hashlib.sha256).digest()[:TAG_BYTES]


def _refusal() -> InvalidRequestError:
    return InvalidRequestError.of("cursor", Reason.INVALID_VALUE, "Cursor is not valid for this list")


def _to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_text(text: str) -> bytes:
    if not text.isascii():
        raise ValueError("not base64url")
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _to_text(data) != text:
        raise ValueError("not canonical base64url")
    return data
