"""Rules over resources never raise, whatever stands where Azure documents something else."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from shared.attack_paths.analysis import find_paths
from shared.domain.exposure import Exposure, Protocol, SourceClass, Verdict
from shared.exposure import SubscriptionNetwork
from shared.rules.base import RuleStatus
from shared.rules.columns import Tree, tree_of
from shared.rules.estate import ESTATE_COLUMNS, Estate
from shared.rules.registry import ResourceRule, directory_rules, estate_rules, resource_rules
from shared.rules.resources import ResourceColumns, SubscriptionResources
from tests.unit.rules.corpus import AS_OF, SUBSCRIPTION

ROUNDS = 200
"""Seeded by the rule's id: the same columns every time, drawn cheaply for several hundred rules."""

SCALARS = (
    None,
    True,
    False,
    0,
    -1,
    7,
    2**40,
    1e308,
    float("nan"),
    "",
    "Enabled",
    "none",
    "2026-01-01T00:00:00Z",
    "0.0.0.0/0",
    "/subscriptions/x",
    "*",
)


def _odd(draw: Random) -> Any:
    shape = draw.random()
    if shape < 0.6:
        return draw.choice(SCALARS)
    if shape < 0.8:
        return [draw.choice(SCALARS) for _ in range(draw.randrange(3))]
    return {draw.choice("abc"): draw.choice(SCALARS) for _ in range(draw.randrange(3))}


def _like(tree: Tree, draw: Random) -> Any:
    """A value of the declared shape, or of any other."""
    if not tree or draw.random() < 0.1:
        return _odd(draw)
    if "[*]" in tree:
        return [_like(tree["[*]"], draw) for _ in range(draw.randrange(4))]
    return {name: _like(below, draw) for name, below in tree.items() if draw.random() < 0.8}


def _id(kind: str, above: str | None) -> str:
    provider, *segments = kind.split("/")
    if above is not None and kind.startswith(f"{above}/"):
        return _id(above, None) + "".join(f"/{one}/default" for one in segments[above.count("/") :])
    name = "".join(f"/{one}/one" for one in segments)
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/{provider}{name}"


@pytest.mark.parametrize("seed", range(10))
def test_estates_never_raise(seed: int) -> None:
    draw = Random(f"estate {seed}")
    trees = {kind: tree_of(paths) for kind, paths in ESTATE_COLUMNS.items()}
    for _ in range(ROUNDS // 10):
        found = [
            ResourceColumns(_id(kind, None).replace("/one", f"/n{number}"), kind, _columns(tree, draw))
            for kind, tree in trees.items()
            for number in range(3)
        ]
        resources = SubscriptionResources.build(SUBSCRIPTION, found, as_of=AS_OF)
        estate = Estate(resources, SubscriptionNetwork.build(()), _exposures(found, draw))
        estate.routes = find_paths(estate).routes
        for rule in estate_rules():
            for result in rule.evaluate(estate):
                assert result.status is not RuleStatus.ERROR or result.reason
                assert (result.status is RuleStatus.FAIL) is bool(result.observations)


def _exposures(resources: list[ResourceColumns], draw: Random) -> list[Exposure]:
    return [
        Exposure.model_validate(
            {
                "subscription_id": SUBSCRIPTION,
                "entry_point": one.id,
                "resource_id": one.id,
                "public_ip": None,
                "protocol": Protocol.TCP,
                "ports": ("443",),
                "backend_ports": ("443",),
                "class": draw.choice(list(SourceClass)),
                "verdict": draw.choice(list(Verdict)),
                "path": (),
            }
        )
        for one in resources
    ]


RULES = (*resource_rules(), *directory_rules())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.metadata.rule_id)
def test_never_raises(rule: ResourceRule) -> None:
    draw = Random(rule.metadata.rule_id)
    trees = {kind: tree_of(paths) for kind, paths in rule.columns.items()}
    for _ in range(ROUNDS):
        found = [
            ResourceColumns(_id(kind, rule.metadata.reads[0]), kind, _columns(tree, draw))
            for kind, tree in trees.items()
        ]
        for result in rule.evaluate(SubscriptionResources.build(SUBSCRIPTION, found, as_of=AS_OF)):
            assert result.status is not RuleStatus.ERROR or result.reason
            assert (result.status is RuleStatus.FAIL) is bool(result.observations)


def _columns(tree: Tree, draw: Random) -> dict[str, Any]:
    return {name: _like(below, draw) for name, below in tree.items() if draw.random() < 0.95}
