"""Rules over identity and governance take every recorded answer of Azure without an exception."""

from __future__ import annotations

from typing import Final

import pytest

from shared.rules.base import RuleStatus
from shared.rules.registry import AnyRule, all_rules, get
from tests.unit.rules.corpus import resources_of
from tests.unit.rules.labelled_cases import ROOT, recorded

SERVICES: Final = {"defender", "governance", "identity", "rbac"}
RULES: Final = [
    *(one for one in all_rules() if one.metadata.service in SERVICES),
    get("network.nsp.paas_associated"),
]


@pytest.mark.skipif(not ROOT.is_dir(), reason="no recorded answers: CORPUS_DIR names their folder")
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.metadata.rule_id)
def test_every_recorded_resource_gets_a_verdict(rule: AnyRule) -> None:
    for rows in recorded(rule):
        within = str(rows[0].get("id", "")).split("/")[2]
        for result in rule.evaluate(resources_of(rows, within=within)):
            assert bool(result.observations) is (result.status is RuleStatus.FAIL)
            assert result.reason or result.status is not RuleStatus.ERROR
