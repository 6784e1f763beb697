"""Every rule says exactly what its samples expect: status, reason, every stated member of a finding."""

from __future__ import annotations

import json

import pytest
from pydantic import TypeAdapter

from shared.domain.finding import Observation
from shared.rules.base import RuleStatus
from shared.rules.registry import all_rules, get
from tests.unit.rules.corpus import cases, load, subject_of

STORED = TypeAdapter(Observation)


@pytest.mark.parametrize(("rule_id", "case"), cases(), ids=lambda value: value)
def test_sample(rule_id: str, case: str) -> None:
    sample = load(rule_id, case)
    results = list(get(rule_id).evaluate(subject_of(rule_id, sample)))
    assert [(one.resource_id, one.status.value, one.reason) for one in results] == [
        (one["resource_id"], one["status"], one.get("reason")) for one in sample["results"]
    ]
    for result, expected in zip(results, sample["results"], strict=True):
        found = [STORED.dump_python(one, mode="json") for one in result.observations]
        assert tuple(map(STORED.validate_python, found)) == result.observations
        stated = [
            {key: one[key] for key in wanted}
            for one, wanted in zip(found, expected["observations"], strict=True)
        ]
        assert stated == expected["observations"]
        assert {one["evaluated_id"] for one in found} <= {result.resource_id}
        assert "+00:00" not in json.dumps([one["evidence"] for one in found]), "instants end in Z"


@pytest.mark.parametrize("rule_id", [rule.metadata.rule_id for rule in all_rules()])
def test_rule_has_samples_of_every_kind(rule_id: str) -> None:
    statuses = {
        one["status"] for rule, case in cases() if rule == rule_id for one in load(rule, case)["results"]
    }
    assert statuses >= {RuleStatus.FAIL.value, RuleStatus.PASS.value, RuleStatus.ERROR.value}


def test_samples_are_of_known_rules() -> None:
    assert {rule_id for rule_id, _ in cases()} == {rule.metadata.rule_id for rule in all_rules()}
