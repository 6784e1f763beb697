"""Places of findings: kept by use, never more than the limit."""

from __future__ import annotations

from shared.adapters.tables.finding_places import FindingPlaces


def test_those_not_asked_for_longest_are_forgotten() -> None:
    places = FindingPlaces(limit=2)
    places.keep("a", ("s", "1"))
    places.keep("b", ("s", "2"))
    assert places.get("a") == ("s", "1")
    places.keep("c", ("s", "3"))
    assert places.get("b") is None
    assert (places.get("a"), places.get("c")) == (("s", "1"), ("s", "3"))
