"""Cutting one page out of an ordered list held in memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeVar

from shared.domain.page import Page, PageRequest

T = TypeVar("T")

_HIGHEST = "~"


def newest_first(identifier: str) -> str:
    """A string that sorts identifiers of one kind newest first, and within a second by descending id.

    Every character is mirrored inside ASCII; the end mark makes a longer id come before its own prefix.
    """
    return "".join(chr(0x9E - ord(character)) for character in identifier) + _HIGHEST


def cut_page(rows: Sequence[tuple[str, T]], request: PageRequest) -> Page[T]:
    """One page of `rows`, which are (key, value) with unique keys in ascending order.

    The position is the key of the last row shown: rows that come or go in between move nothing else.
    `next_after` is None on the last page. An `offset` counts only where no position is given.
    """
    if request.after is None:
        start = request.offset
    else:
        start = bisect_right(rows, request.after, key=lambda row: row[0])
    shown = rows[start : start + request.limit]
    more = bool(shown) and start + len(shown) < len(rows)
    return Page(
        items=tuple(value for _, value in shown),
        total=len(rows),
        next_after=shown[-1][0] if more else None,
    )
