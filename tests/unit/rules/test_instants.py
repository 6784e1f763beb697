"""Points in time: what is read, what is refused, what ends soon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.timestamps import wire_time
from shared.rules.columns import ColumnError
from shared.rules.instants import ending, ends_soon, epoch_at, instant_at
from shared.rules.resources import RuleSettings, SubscriptionResources

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-01T12:00:00Z", NOON),
        ("2026-06-01T14:00:00.0000000+02:00", NOON),
        ("2026-06-01T12:00:00.1234567Z", NOON + timedelta(microseconds=123456)),
        (None, None),
        ("", None),
    ],
)
def test_instants(text: str | None, expected: datetime | None) -> None:
    assert instant_at({"p": {"x": text}}, "p.x") == expected


@pytest.mark.parametrize("text", ["2026-06-01T12:00:00", "tomorrow", 5, ["2026-06-01"]])
def test_what_is_no_instant_is_refused(text: object) -> None:
    with pytest.raises(ColumnError, match=r"p\.x"):
        instant_at({"p": {"x": text}}, "p.x")


def test_unix_seconds() -> None:
    assert epoch_at({"p": {"x": int(NOON.timestamp())}}, "p.x") == NOON
    assert epoch_at({"p": {}}, "p.x") is None


@pytest.mark.parametrize("seconds", ["1780315200", True, float("nan"), 10**30, -(10**30)])
def test_what_is_no_second_is_refused(seconds: object) -> None:
    with pytest.raises(ColumnError, match=r"p\.x"):
        epoch_at({"p": {"x": seconds}}, "p.x")


@pytest.mark.parametrize(("days", "soon"), [(-1, False), (0, False), (1, True), (7, True), (8, False)])
def test_the_window_is_the_operators(days: int, soon: bool) -> None:
    resources = SubscriptionResources.build(
        "s", [], as_of=NOON, settings=RuleSettings(expiring_within=timedelta(days=7))
    )
    ends = NOON + timedelta(days=days)
    assert ends_soon(ends, resources) is soon
    assert ending(ends, resources) == {"expires_on": wire_time(ends), "expires_within_window": soon}
