"""Every rule over apps, containers and messaging takes Azure's recorded answers without an exception."""

from __future__ import annotations

import pytest

from shared.rules.base import RuleStatus
from shared.rules.registry import AnyRule, all_rules
from tests.unit.rules.corpus import resources_of
from tests.unit.rules.peer_rows import recorded

SERVICES = {
    *("acr", "aks", "apim", "appservice", "automation", "cognitive", "containerinstance", "eventgrid"),
    *("eventhub", "logicapp", "ml", "policy", "search", "servicebus"),
}
RULES = [rule for rule in all_rules() if rule.metadata.service in SERVICES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.metadata.rule_id)
def test_every_recorded_resource_gets_a_verdict(rule: AnyRule) -> None:
    rows = recorded(*rule.metadata.reads)
    within = {row["id"].split("/")[2] for row in rows if "/" in row.get("id", "")}
    for subscription in within:
        subject = resources_of(
            [row for row in rows if row.get("id", "").split("/")[2:3] == [subscription]], within=subscription
        )
        for result in rule.evaluate(subject):
            assert result.status in RuleStatus
            assert result.observations or result.status is not RuleStatus.FAIL
            assert result.reason or result.status is not RuleStatus.ERROR
