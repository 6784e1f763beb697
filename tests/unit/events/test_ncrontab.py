"""NCRONTAB: own rows and, where the corpus is at hand, the rows derived from NCrontab's tests."""

from __future__ import annotations

import heapq
import itertools
import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ncrontab import Ncrontab, NcrontabError

ROOT = Path(__file__).resolve().parents[3]
CORPUS = Path(os.environ.get("CORPUS_DIR", str(ROOT.parent / "shared" / "data"))) / "ncrontab" / "cases.jsonl"


def corpus_rows() -> list[Any]:
    if not CORPUS.is_file():
        reason = f"no corpus at {CORPUS}; set CORPUS_DIR"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason), id="corpus-absent")]
    rows = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [pytest.param(row, id=row["id"]) for row in rows]


def parse(row: dict[str, Any], expression: str) -> Ncrontab:
    """Five-field rows stay five fields; a row that demands seconds must have six."""
    if row["includes_seconds"] and len(expression.split()) != 6:
        raise NcrontabError("six fields are needed")
    return Ncrontab.parse(expression)


@pytest.mark.parametrize("row", corpus_rows())
def test_corpus(row: dict[str, Any]) -> None:
    kind = row["kind"]
    if kind == "invalid":
        with pytest.raises(NcrontabError):
            parse(row, row["expression"])
        return
    if kind == "equivalent":
        start = datetime(2003, 1, 1, tzinfo=UTC)
        one, other = parse(row, row["expression"]), parse(row, row["equivalent_to"])
        assert list(itertools.islice(one.occurrences(start), 500)) == list(
            itertools.islice(other.occurrences(start), 500)
        )
        return
    start = datetime.fromisoformat(row["start"])
    if kind == "merged_sequence":
        streams = [parse(row, expression).occurrences(start) for expression in row["expressions"]]
        found = list(itertools.islice(heapq.merge(*streams), len(row["expected"])))
        assert [moment.isoformat() for moment in found] == row["expected"]
    elif kind == "sequence":
        found = list(itertools.islice(parse(row, row["expression"]).occurrences(start), len(row["expected"])))
        assert [moment.isoformat() for moment in found] == row["expected"]
    else:
        began = time.monotonic()
        answer = parse(row, row["expression"]).next_after(start)
        assert time.monotonic() - began < 1
        if kind == "next_before_end":
            end = datetime.fromisoformat(row["end"])
            answer = end if answer is None else min(answer, end)
        assert answer == datetime.fromisoformat(row["expected"])


@pytest.mark.parametrize(
    ("expression", "start", "expected"),
    [
        ("*/15 * * * * *", "2026-03-01T00:00:00", "2026-03-01T00:00:15"),
        ("0 */5 * * * *", "2026-03-01T00:59:59", "2026-03-01T01:00:00"),
        ("0 0 6 * * Mon-Fri", "2026-03-06T06:00:00", "2026-03-09T06:00:00"),
        ("0 0 6 * * monday", "2026-03-03T00:00:00", "2026-03-09T06:00:00"),
        ("0 0 0 13 * FRI", "2026-01-01T00:00:00", "2026-02-13T00:00:00"),
        ("0 0 0 29 feb *", "2097-01-01T00:00:00", "2104-02-29T00:00:00"),
        ("10 2/20 * * * *", "2026-01-01T00:02:10", "2026-01-01T00:22:10"),
        ("0 0 0 31 * *", "2026-04-01T00:00:00", "2026-05-31T00:00:00"),
        ("59 59 23 31 12 *", "2026-12-31T23:59:59", "2027-12-31T23:59:59"),
        ("0 30 9 * * *", "2026-01-01T09:30:00", "2026-01-02T09:30:00"),
        ("30 9 * * *", "2026-01-01T09:30:00", "2026-01-02T09:30:00"),
    ],
)
def test_next(expression: str, start: str, expected: str) -> None:
    assert Ncrontab.parse(expression).next_after(datetime.fromisoformat(start)) == datetime.fromisoformat(
        expected
    )


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * * *",
        "* * * * * * *",
        "60 * * * * *",
        "* 60 * * * *",
        "* * 24 * * *",
        "* * * 0 * *",
        "* * * 32 * *",
        "* * * * 13 *",
        "* * * * * 7",
        "* * * * * Mond1",
        "1,,2 * * * * *",
        "*/0 * * * * *",
        "*/x * * * * *",
        "5- * * * * *",
        "-5 * * * * *",
        "Mon * * * * *",
        "٣ * * * * *",
        "@daily",
        "* * * * * " + "1," * 400 + "1",
    ],
)
def test_refused(expression: str) -> None:
    with pytest.raises(NcrontabError):
        Ncrontab.parse(expression)


def test_refusal_names_the_field() -> None:
    with pytest.raises(NcrontabError, match=r"^hour: 24 is outside 0 to 23"):
        Ncrontab.parse("0 0 24 * * *")


def test_a_date_that_never_comes_ends_quickly() -> None:
    began = time.monotonic()
    assert Ncrontab.parse("0 0 0 31 Feb *").next_after(datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert Ncrontab.parse("* * * * * *").next_after(datetime.max.replace(tzinfo=UTC)) is None
    assert time.monotonic() - began < 1


def test_the_zone_is_kept() -> None:
    answer = Ncrontab.parse("0 0 * * * *").next_after(datetime(2026, 1, 1, 0, 30, 0, 5, tzinfo=UTC))
    assert answer == datetime(2026, 1, 1, 1, tzinfo=UTC)


def _matches(schedule: Ncrontab, moment: datetime) -> bool:
    return (
        moment.second in schedule.seconds
        and moment.minute in schedule.minutes
        and moment.hour in schedule.hours
        and moment.day in schedule.days
        and moment.month in schedule.months
        and moment.isoweekday() % 7 in schedule.weekdays
    )


@given(
    st.sampled_from(["*", "0", "*/7", "5-20/3", "1,2,58"]),
    st.sampled_from(["*", "0", "*/20", "59"]),
    st.sampled_from(["*", "0", "3-5", "23"]),
    st.sampled_from(["*", "1", "29-31", "13"]),
    st.sampled_from(["*", "Feb", "Jan-March", "12"]),
    st.sampled_from(["*", "0", "Mon-Fri", "sat"]),
    st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001,
)
def test_next_is_the_first_match_after_the_start(
    second: str, minute: str, hour: str, day: str, month: str, weekday: str, start: datetime
) -> None:
    schedule = Ncrontab.parse(f"{second} {minute} {hour} {day} {month} {weekday}")
    answer = schedule.next_after(start)
    assert answer is not None and answer > start and _matches(schedule, answer)
    moment = start.replace(microsecond=0) + timedelta(seconds=1)
    for _ in range(200):
        if moment >= answer:
            break
        assert not _matches(schedule, moment)
        moment += timedelta(seconds=1)
