"""Rules over apps, containers and messaging give a verdict, and no exception, on whatever they meet."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.rules.base import RuleStatus
from shared.rules.columns import ROOTS
from shared.rules.registry import get
from tests.unit.rules.corpus import cases, load, resources_of
from tests.unit.rules.test_recorded_answers_apps import RULES

SAMPLES = {
    rule.metadata.rule_id: [load(found, case) for found, case in cases() if found == rule.metadata.rule_id]
    for rule in RULES
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner, max_size=2),
    max_leaves=4,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place below a value, as a path of keys and positions."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [one for key, each in inside for one in [(*path, key), *_places(each, (*path, key))]]


def _replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    key, *rest = path
    if isinstance(value, dict):
        return {name: _replaced(one, tuple(rest), by) if name == key else one for name, one in value.items()}
    return [_replaced(one, tuple(rest), by) if number == key else one for number, one in enumerate(value)]


@pytest.mark.parametrize("rule_id", [rule.metadata.rule_id for rule in RULES])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_anything_in_the_place_of_anything(rule_id: str, data: st.DataObject) -> None:
    rows = data.draw(st.sampled_from(SAMPLES[rule_id]))["resources"]
    places = [one for one in _places(rows) if len(one) > 1 and one[1] in ROOTS]
    for place in data.draw(st.lists(st.sampled_from(places), max_size=2)) if places else ():
        try:
            rows = _replaced(rows, place, data.draw(JSON))
        except TypeError:
            continue  # an earlier replacement took this place away
    for result in get(rule_id).evaluate(resources_of(rows)):
        assert (result.status is RuleStatus.ERROR) <= bool(result.reason)
        assert (result.status is RuleStatus.FAIL) == bool(result.observations)
