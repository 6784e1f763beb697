"""The exposure benchmarks measure what they say: different NSGs, paths that are read whole, findings."""

from __future__ import annotations

import json

from benchmarks import exposure_paths, nsg_checks
from shared.domain.resource import parse_row
from shared.exposure import SubscriptionNetwork, project


def test_groups_differ_by_content_and_have_ten_rules() -> None:
    groups = [one["properties"]["securityRules"] for one in nsg_checks.network_security_groups(200, seed=1)]
    contents = {json.dumps([rule["properties"] for rule in rules]) for rules in groups}
    assert len(contents) == 200
    assert {len(rules) for rules in groups} == {nsg_checks.RULES}


def test_every_rule_about_groups_is_timed_and_some_find_something() -> None:
    timing = nsg_checks.measure(list(nsg_checks.network_security_groups(50, seed=1)))
    assert timing.checks == len(nsg_checks.nsg_rules()) >= 13
    assert timing.findings > 0


def test_distinct_estate_is_read_whole() -> None:
    rows = list(exposure_paths.every_group_distinct(20))
    network = SubscriptionNetwork.build([project(parse_row(row)) for row in rows])
    assert network.unresolved == ()
    assert len({id(group.rules) for group in network.tables.groups.values()}) == 21


def test_both_estates_give_figures() -> None:
    figures = exposure_paths.run(resources=600, distinct=20)
    assert all(
        one["ip_configurations"] > 0 and one["configurations_per_second"] > 0 for one in figures.values()
    )
