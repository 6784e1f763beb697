"""Rules over identity and governance take every recorded answer of Azure without an exception."""

from __future__ import annotations

from typing import Final

import pytest

from shared.rules.registry import AnyRule, all_rules, get
from tests.unit.rules.peer_cases import RECORDED, judge_recorded, need

SERVICES: Final = {"defender", "governance", "identity", "rbac"}
RULES: Final = [
    *(one for one in all_rules() if one.metadata.service in SERVICES),
    get("network.nsp.paas_associated"),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.metadata.rule_id)
def test_every_recorded_resource_gets_a_verdict(rule: AnyRule) -> None:
    need(RECORDED)
    said = judge_recorded([rule.metadata.rule_id], rule.metadata.reads)
    assert said[rule.metadata.rule_id] <= {"pass", "fail", "not_applicable", "error"}
