"""The cursor codec."""

from __future__ import annotations

import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.api.cursor import CursorCodec
from shared.domain.errors import InvalidRequestError

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine and a first run, which builds the tables of characters, are no failures."""

CODEC = CursorCodec("0123456789abcdef0123456789abcdef")
TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)
FILTERS = st.dictionaries(TEXTS, TEXTS, max_size=3)


@PATIENT
@given(TEXTS, FILTERS, TEXTS)
def test_round_trip(path: str, filters: dict[str, str], position: str) -> None:
    cursor = CODEC.encode(path, filters, position)
    assert cursor.isascii()
    assert CODEC.decode(path, filters, cursor) == position


@PATIENT
@given(TEXTS, FILTERS, TEXTS, st.data())
def test_any_altered_character_is_refused(
    path: str, filters: dict[str, str], position: str, data: st.DataObject
) -> None:
    cursor = CODEC.encode(path, filters, position)
    at = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters().filter(lambda char: char != cursor[at]))
    with pytest.raises(InvalidRequestError):
        CODEC.decode(path, filters, cursor[:at] + other + cursor[at + 1 :])


@PATIENT
@given(st.text(max_size=200))
def test_noise_is_refused(noise: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        CODEC.decode("/v1/scans", {}, noise)
    assert refused.value.details["field"] == "cursor"


def test_bound_to_path_filters_and_secret() -> None:
    cursor = CODEC.encode("/v1/findings", {"status": "open"}, "row")
    for path, filters in (("/v1/scans", {"status": "open"}), ("/v1/findings", {}),
                          ("/v1/findings", {"status": "open", "severity": "low"})):  # fmt: skip
        with pytest.raises(InvalidRequestError):
            CODEC.decode(path, filters, cursor)
    with pytest.raises(InvalidRequestError):
        CursorCodec("another secret of thirty-two chars").decode("/v1/findings", {"status": "open"}, cursor)


def test_one_cursor_per_position() -> None:
    """The unused bits of the last base64 digit must not make a second spelling."""
    cursor = CODEC.encode("/p", {}, "row")
    for last in set(string.ascii_letters + string.digits + "-_") - {cursor[-1]}:
        with pytest.raises(InvalidRequestError):
            CODEC.decode("/p", {}, cursor[:-1] + last)


def test_order_of_filters_does_not_matter() -> None:
    cursor = CODEC.encode("/p", {"a": "1", "b": "2"}, "row")
    assert CODEC.decode("/p", {"b": "2", "a": "1"}, cursor) == "row"
