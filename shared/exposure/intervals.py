"""Sets of integers as sorted boundaries: the arithmetic under port sets and address sets.

A set is a flat tuple `(low, high, low, high, ...)` of half-open ranges, strictly increasing: equal sets are
equal tuples, and every operation is one linear sweep.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

Intervals = tuple[int, ...]

EMPTY: Final[Intervals] = ()
_REMEMBERED: Final = 64
"""Boundaries of both operands up to which a result is remembered: it bounds the memory that takes."""


def from_ranges(ranges: Iterable[tuple[int, int]]) -> Intervals:
    """The union of half-open ranges given in any order; ranges that hold nothing are dropped."""
    bounds: list[int] = []
    for low, high in sorted(ranges):
        if low >= high:
            continue
        if bounds and low <= bounds[-1]:
            bounds[-1] = max(bounds[-1], high)
        else:
            bounds += (low, high)
    return tuple(bounds)


def ranges(members: Intervals) -> Iterable[tuple[int, int]]:
    """The half-open ranges of a set, in order."""
    return zip(members[::2], members[1::2], strict=True)


def union(left: Intervals, right: Intervals) -> Intervals:
    """Members of either set."""
    if not left or left == right:
        return right
    if not right:
        return left
    return _sweep(left, right, (False, True, True, True))


def union_of(sets: Iterable[Intervals]) -> Intervals:
    """Members of any of the sets."""
    found = EMPTY
    for one in sets:
        found = union(found, one)
    return found


def intersection(left: Intervals, right: Intervals) -> Intervals:
    """Members of both sets."""
    if left == right:
        return left
    if not left or not right or left[0] >= right[-1] or right[0] >= left[-1]:
        return EMPTY
    if len(left) == 2:
        return _within(right, *left)
    if len(right) == 2:
        return _within(left, *right)
    return _sweep(left, right, (False, False, False, True))


def difference(left: Intervals, right: Intervals) -> Intervals:
    """Members of `left` that are not in `right`."""
    if not left or not right or left[0] >= right[-1] or right[0] >= left[-1]:
        return left
    if left == right:
        return EMPTY
    if len(right) == 2:
        return _without(left, *right)
    return _sweep(left, right, (False, False, True, False))


def _within(members: Intervals, low: int, high: int) -> Intervals:
    """Members from `low` to before `high`: what one range has in common with a set, without a sweep."""
    first, last = bisect_right(members, low), bisect_left(members, high)
    found = members[first:last]
    if first & 1:
        found = (low, *found)
    return (*found, high) if last & 1 else found


def _without(members: Intervals, low: int, high: int) -> Intervals:
    """Members below `low`, and from `high` on."""
    first, last = bisect_left(members, low), bisect_right(members, high)
    found = (*members[:first], low) if first & 1 else members[:first]
    return (*found, high, *members[last:]) if last & 1 else found + members[last:]


def size(members: Intervals) -> int:
    """How many integers the set holds."""
    return sum(members[1::2]) - sum(members[::2])


def contains(members: Intervals, value: int) -> bool:
    """Whether `value` is in the set."""
    return bisect_right(members, value) % 2 == 1


_Kept = tuple[bool, bool, bool, bool]


def _sweep(left: Intervals, right: Intervals, kept: _Kept) -> Intervals:
    """The result of one operation; small ones, which recur in every rule, are remembered."""
    if len(left) + len(right) <= _REMEMBERED:
        return _remembered(left, right, kept)
    return _walk(left, right, kept)


def _walk(left: Intervals, right: Intervals, kept: _Kept) -> Intervals:
    """Walk both boundary lists at once; a boundary of the result is where `kept` changes its mind.

    `kept` is indexed by 2 * (in left) + (in right), and holds False for neither.
    """
    bounds: list[int] = []
    inside = False
    i = j = 0
    left_end, right_end = len(left), len(right)
    while i < left_end or j < right_end:
        left_next = j == right_end or (i < left_end and left[i] <= right[j])
        bound = left[i] if left_next else right[j]
        if i < left_end and left[i] == bound:
            i += 1
        if j < right_end and right[j] == bound:
            j += 1
        if kept[2 * (i & 1) + (j & 1)] is not inside:
            inside = not inside
            bounds.append(bound)
    return tuple(bounds)


_remembered = lru_cache(maxsize=16_384)(_walk)
