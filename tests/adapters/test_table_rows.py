"""Keys and rows, and paging in memory: no storage needed."""

from __future__ import annotations

import asyncio
import re
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory import paging
from shared.adapters.parallel import each
from shared.adapters.tables import codec, keys
from shared.domain.ids import IdKind, make_id
from shared.domain.page import PageRequest

MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TAILS = st.one_of(st.just(""), st.from_regex(r"[0-9a-z]{4,8}", fullmatch=True))
IDS = st.builds(make_id, st.just(IdKind.FINDING), MOMENTS, TAILS)
FORBIDDEN = re.compile(r"[/\\#?%\x00-\x1f\x7f-\x9f]")


@given(st.lists(IDS, min_size=2, max_size=8, unique=True))
def test_ids_sort_newest_first_in_both_implementations(ids: list[str]) -> None:
    expected = sorted(ids, key=lambda text: (text[8:23], text[24:]), reverse=True)
    assert sorted(ids, key=lambda text: keys.newest_first(text, "i")) == expected
    assert sorted(ids, key=paging.newest_first) == expected


@given(IDS)
def test_keys_of_ids_are_allowed(identifier: str) -> None:
    key = keys.newest_first(identifier, "i")
    assert not FORBIDDEN.search(key)


@given(IDS, IDS)
def test_partitions_of_ids_ascend_with_their_keys(one: str, two: str) -> None:
    low, high = sorted(keys.newest_first(text, "i") for text in (one, two))
    assert keys.newest_first_partition(low) <= keys.newest_first_partition(high)


@given(st.lists(st.text(max_size=60), min_size=2, max_size=6))
def test_ordered_keys_sort_as_their_texts(texts: list[str]) -> None:
    assert sorted(texts, key=keys.ordered) == sorted(texts)


@given(st.text(max_size=900))
def test_ordered_keys_are_allowed_and_short(text: str) -> None:
    key = keys.ordered(text)
    assert len(key) <= keys.MAX_KEY
    assert not FORBIDDEN.search(key)


@given(st.text(max_size=60), st.text(max_size=60))
def test_ordered_keys_are_unique(one: str, two: str) -> None:
    assert (keys.ordered(one) == keys.ordered(two)) == (one == two)


def test_long_texts_with_equal_beginnings_have_different_keys() -> None:
    assert keys.ordered("/" * 900 + "a") != keys.ordered("/" * 900 + "b")


@pytest.mark.parametrize("text", ["", "a/b", "a\\b", "a#b", "a?b", "a%b", "a\nb", "é", "x" * 65])
def test_parts_of_keys_are_checked(text: str) -> None:
    with pytest.raises(ValueError, match="storage key"):
        keys.part(text)


@given(st.binary(max_size=300), st.integers(min_value=0, max_value=2000))
def test_rows_hold_any_bytes(data: bytes, repeats: int) -> None:
    content = data * repeats
    columns = codec.pack(content)
    assert codec.unpack(columns) == content
    chunks = [value for value in columns.values() if isinstance(value, bytes)]
    assert all(len(chunk) <= 64 * 1024 for chunk in chunks)


def test_a_row_that_is_too_large_is_refused() -> None:
    noise = b"".join(zlib.crc32(b"%d" % number).to_bytes(4, "big") for number in range(300_000))
    with pytest.raises(codec.RowTooLargeError):
        codec.pack(noise)


def test_damaged_rows_are_refused() -> None:
    columns = codec.pack(b"x" * 100_000)
    with pytest.raises(ValueError, match="cut short"):
        codec.unpack(columns | {"d0": columns["d0"][:-8]})
    with pytest.raises(ValueError, match="damaged"):
        codec.unpack(columns | {"d0": b"nonsense"})


def test_inflating_is_bounded() -> None:
    bomb = zlib.compress(bytes(codec.MAX_PAYLOAD_BYTES + 1))
    with pytest.raises(codec.RowTooLargeError):
        codec.inflate(bomb)


@given(
    st.sets(st.integers(0, 40)),
    st.lists(st.tuples(st.integers(1, 5), st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)))),
)
def test_paging_by_position_neither_skips_nor_repeats(
    rows: set[int], steps: list[tuple[int, set[int], set[int]]]
) -> None:
    """Whatever comes and goes between pages, a row that is there all the time is shown exactly once."""
    always, shown, after = set(rows), [], None
    for limit, added, removed in [*steps, (100, set(), set())]:
        page = paging.cut_page(
            [(f"{row:03d}", row) for row in sorted(rows)], PageRequest(limit=limit, after=after)
        )
        assert page.total == len(rows)
        shown += page.items
        if page.next_after is None:
            break
        after = page.next_after
        rows = (rows | added) - removed
        always -= removed
    assert shown == sorted(set(shown))
    assert always <= set(shown)


async def test_parallel_work_is_bounded_ordered_and_fails_plainly() -> None:
    under_way = peak = 0

    async def work(number: int) -> int:
        nonlocal under_way, peak
        under_way += 1
        peak = max(peak, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        if number == 1000:
            raise LookupError("plain")
        return number * 2

    assert await each(range(50), work, limit=3) == [number * 2 for number in range(50)]
    assert peak == 3
    assert await each([], work) == []
    with pytest.raises(LookupError, match="plain"):
        await each([1, 1000, 2], work)
    assert under_way == 0


def test_newest_first_refuses_what_is_no_id() -> None:
    with pytest.raises(ValueError, match="identifier"):
        keys.newest_first("finding-1", "i")
