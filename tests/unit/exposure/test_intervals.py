"""Set arithmetic over boundaries, against Python's own sets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.exposure import intervals

small = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6)


def members(found: intervals.Intervals) -> set[int]:
    return {value for low, high in intervals.ranges(found) for value in range(low, high)}


def plain(ranges: list[tuple[int, int]]) -> set[int]:
    return {value for low, high in ranges for value in range(low, high)}


@given(small, small)
def test_operations_are_those_of_sets(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> None:
    a, b = intervals.from_ranges(left), intervals.from_ranges(right)
    assert members(intervals.union(a, b)) == plain(left) | plain(right)
    assert members(intervals.intersection(a, b)) == plain(left) & plain(right)
    assert members(intervals.difference(a, b)) == plain(left) - plain(right)
    assert intervals.size(a) == len(plain(left))
    assert all(intervals.contains(a, value) == (value in plain(left)) for value in range(-1, 42))


@given(small, small)
def test_results_are_canonical(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> None:
    a, b = intervals.from_ranges(left), intervals.from_ranges(right)
    for operation in (intervals.union, intervals.intersection, intervals.difference):
        found = operation(a, b)
        assert list(found) == sorted(set(found)) and len(found) % 2 == 0
        assert found == intervals.from_ranges((value, value + 1) for value in members(found))


def test_sets_too_large_to_remember_are_computed_too() -> None:
    many = intervals.from_ranges((n, n + 1) for n in range(0, 400, 2))
    assert intervals.union(many, (0, 400)) == (0, 400)
    assert intervals.size(intervals.difference((0, 400), many)) == 200
