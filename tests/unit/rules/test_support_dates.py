"""Support dates: releases of versions, and what is outside a table."""

from __future__ import annotations

from datetime import date

import pytest

from shared.rules.columns import ColumnError
from shared.rules.packs.aks._kubernetes_versions import COMMUNITY, LONG_TERM
from shared.rules.packs.appservice._runtimes import JAVA, PHP, PYTHON
from shared.rules.support_dates import Release, release_of, supported_until

ENDS: dict[Release, date] = {(1, 8): date(2020, 1, 1), (1, 10): date(2022, 1, 1)}


@pytest.mark.parametrize(
    ("text", "parts", "release"),
    [
        ("1.33.4", 2, (1, 33)),
        ("v1.9", 2, (1, 9)),
        ("~4", 1, (4,)),
        ("17", 1, (17,)),
        ("1.8.0_202", 2, (1, 8)),
    ],
)
def test_release(text: str, parts: int, release: Release) -> None:
    assert release_of(text, parts) == release


@pytest.mark.parametrize(("text", "parts"), [("", 1), ("latest", 1), ("3", 2)])
def test_what_is_no_version_is_refused(text: str, parts: int) -> None:
    with pytest.raises(ColumnError, match="is not a version"):
        release_of(text, parts)


def test_a_release_of_the_table_and_one_before_it() -> None:
    assert supported_until(ENDS, (1, 10)) == date(2022, 1, 1)
    assert supported_until(ENDS, (1, 2)) == date(2020, 1, 1)


@pytest.mark.parametrize("release", [(1, 9), (1, 11), (2, 0)])
def test_a_release_between_or_after_is_not_guessed(release: Release) -> None:
    with pytest.raises(ColumnError, match=rf"version {release[0]}\.{release[1]} is not in the table"):
        supported_until(ENDS, release)


def test_long_term_support_is_never_shorter() -> None:
    assert LONG_TERM.keys() == COMMUNITY.keys()
    assert all(LONG_TERM[one] > COMMUNITY[one] for one in COMMUNITY)


@pytest.mark.parametrize("table", [PHP, JAVA, COMMUNITY, LONG_TERM])
def test_later_releases_are_not_supported_for_less_time(table: dict[Release, date]) -> None:
    ends = [table[one] for one in sorted(table) if one != (8,) or table is not JAVA]
    assert ends == sorted(ends)


def test_python_three_ends_in_the_order_of_its_releases() -> None:
    ends = [PYTHON[one] for one in sorted(PYTHON) if one >= (3, 4)]
    assert ends == sorted(ends)
