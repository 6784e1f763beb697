"""Conditional requests (contract 2.4, RFC 9110 section 13): strong entity tags by hash of the representation.

Table Storage's own tags are weak and are never passed through. A write compares the tag with the very record
that its conditional write replaces, so nothing can slip in between.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from pydantic import BaseModel

from shared.domain.errors import InvalidRequestError, PreconditionFailedError, Reason

T = TypeVar("T")

_TAG: Final = re.compile(r'\s*(W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*')
_MAX_TAGS: Final = 50


def entity_tag(body: bytes) -> str:
    """The strong entity tag of a representation."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


@dataclass(frozen=True, slots=True)
class Condition:
    """An `If-Match` or `If-None-Match`: any tag there may be (`*`), or these (weak, tag)."""

    any: bool
    tags: tuple[tuple[bool, str], ...] = ()

    def holds_strongly(self, tag: str) -> bool:
        """RFC 9110, 8.8.3.2: both are strong and equal."""
        return self.any or (False, tag) in self.tags

    def holds_weakly(self, tag: str) -> bool:
        """The same, whether marked weak or not."""
        return self.any or any(given == tag for _, given in self.tags)


def condition(headers: Mapping[str, str], name: str) -> Condition | None:
    """The condition in a header; None when it was not sent.

    Raises:
        InvalidRequestError: it is not `*` and no list of entity tags.
    """
    value = headers.get(name)
    if value is None:
        return None
    if value.strip() == "*":
        return Condition(any=True)
    tags: list[tuple[bool, str]] = []
    position = 0
    while position < len(value) and len(tags) < _MAX_TAGS:
        match = _TAG.match(value, position)
        if match is None:
            break
        tags.append((match[1] is not None, match[2]))
        position = match.end()
        if position < len(value) and value[position] == ",":
            position += 1
        else:
            break
    if position < len(value) or not tags:
        raise InvalidRequestError.of(
            name, Reason.INVALID_FORMAT, f"{name} must be * or entity tags in quotes, at most {_MAX_TAGS}"
        )
    return Condition(any=False, tags=tuple(tags))


def demand(wanted: Condition | None, show: Callable[[T], BaseModel]) -> Callable[[T], None] | None:
    """A check of a stored value against `If-Match`; `show` gives its representation.

    The check raises:
        PreconditionFailedError: the representation has another tag.
    """
    if wanted is None:
        return None

    def check(value: T) -> None:
        if not wanted.holds_strongly(entity_tag(representation(show(value)))):
            raise PreconditionFailedError("The resource has changed since; read it again")

    return check


def representation(body: BaseModel) -> bytes:
    """A wire model as it is sent."""
    return body.model_dump_json(by_alias=True).encode()
