"""What searching costs: equal grants are searched once, and an estate of 10,000 stays within seconds."""

from __future__ import annotations

import time

import pytest

from shared.attack_paths.analysis import find_paths
from shared.attack_paths.graph import AttackGraph
from shared.attack_paths.search import Tails
from tests.unit.attack_paths import estates as e
from tests.unit.rules.corpus import estate_of

CPU_SECONDS = 4
"""Twice what is aimed at: it is measured on machines that other work shares."""


def _estate(machines: int, accounts: int, *, everywhere: bool) -> list[e.Row]:
    """Exposed machines that are each Contributor: of their resource group, or of the subscription."""
    rows = [e.network()]
    for number in range(machines):
        group = f"rg{number % 100}"
        scope = e.SCOPE if everywhere else e.group_scope(group)
        rows += e.machine(f"vm{number}", object_id=e.guid(number + 1), number=number, group=group)
        rows.append(e.assignment(number, e.CONTRIBUTOR, e.guid(number + 1), scope))
    return rows + [e.storage(f"st{number}", group=f"rg{number % 100}") for number in range(accounts)]


def test_workloads_with_the_same_grants_share_a_search() -> None:
    estate = estate_of(_estate(30, 3, everywhere=True))
    tails = Tails(AttackGraph(estate))
    for key in estate.workloads:
        tails.of(key, frozenset())
    assert tails.searched == 1


@pytest.mark.slow
@pytest.mark.parametrize("everywhere", [False, True])
def test_ten_thousand_resources(everywhere: bool) -> None:
    rows = _estate(1_500, 2_500, everywhere=everywhere)
    assert len(rows) >= 10_000
    estate = estate_of(rows)
    began = time.process_time()
    found = find_paths(estate)
    assert time.process_time() - began < CPU_SECONDS
    assert found.summary.kept == 1_000
