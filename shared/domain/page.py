"""Paging: what a caller asks for and what it gets (contract 2.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T")

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
MAX_OFFSET: Final = 10_000


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`limit` rows after `offset` rows, or after the opaque position `after` of an earlier page."""

    limit: int = DEFAULT_LIMIT
    offset: int = 0
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page: its items, the exact number of matches, and the position after the last item if any."""

    items: tuple[T, ...]
    total: int
    next_after: str | None


@dataclass(frozen=True, slots=True)
class FilteredPage(Generic[T]):
    """One page of a list with filters of any combination.

    `total` is exact, or None where the list does not count that combination; such a page may hold fewer items
    than asked for, even none, and still have a next one.
    """

    items: tuple[T, ...]
    total: int | None
    next_after: str | None


@dataclass(frozen=True, slots=True)
class Versioned(Generic[T]):
    """A stored value and the version that a conditional write must name."""

    value: T
    etag: str
