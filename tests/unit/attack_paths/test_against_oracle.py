"""Paths are exactly those that an exhaustive walk finds, as sure and as short."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from shared.attack_paths.analysis import find_paths
from shared.attack_paths.graph import AttackGraph
from shared.domain.attack_path import AttackPath, StepKind
from shared.domain.exposure import Verdict
from tests.unit.attack_paths.oracle import World, worlds
from tests.unit.rules.corpus import estate_of

VERDICTS = [Verdict.EXPOSED, Verdict.POSSIBLE, Verdict.UNVERIFIED]


def _agree(world: World) -> None:
    estate = estate_of(world.rows())
    found = find_paths(estate)
    assert found.summary.omitted == 0
    expected = world.best()
    shown = {(one.workload, one.target): (VERDICTS.index(one.verdict), len(one.steps)) for one in found.paths}
    assert shown == expected
    for path in found.paths:
        _holds_together(path)
    assert len({path.key for path in found.paths}) == len(found.paths)
    assert [path.key for path in found.paths] == sorted(path.key for path in found.paths)
    assert AttackGraph(estate).admitted_subnets <= {
        subnet for one in estate.stores.values() for subnet in one.network.subnets
    }


def _holds_together(path: AttackPath) -> None:
    """Each step leads on from where the one before ended, and the path is as sure as its weakest step."""
    assert path.steps[0].kind is StepKind.REACHES
    assert path.steps[0].target == path.workload
    assert path.steps[-1].target == path.target
    for before, after in zip(path.steps, path.steps[1:], strict=False):
        assert after.source.lower() == before.target.lower()
    assert path.verdict == max((step.verdict for step in path.steps), key=VERDICTS.index)
    assert all(step.note for step in path.steps if step.verdict is not Verdict.EXPOSED)
    assert all(step.fact for step in path.steps if step.kind is not StepKind.MAY)


@given(worlds())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_agrees_with_the_walk(world: World) -> None:
    _agree(world)


@pytest.mark.slow
@given(worlds())
@settings(max_examples=4_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_agrees_with_the_walk_often(world: World) -> None:
    _agree(world)
