"""Edges: every shape is what it means to be, the check can fail, and the product's own shapes are met."""

import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samples import edges
from samples.arm import Scope
from samples.edge_truth import edge_record
from samples.estate import EstateSpec, parts
from samples.network import NSG, PUBLIC_IP
from samples.records import PlantingError


def built(shape: str, seed: int = 1, number: int = 5) -> list[dict[str, Any]]:
    return edges.build(shape, number, Scope("sub", "rg", "westeurope"), Random(seed))


@pytest.mark.parametrize("shape", edges.SHAPES)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), number=st.integers(0, 10**5))
def test_every_shape_is_borne_out(shape: str, seed: int, number: int) -> None:
    record = edge_record(shape, built(shape, seed, number))  # raises PlantingError on any disagreement
    ports = {port for found in record["reachable"].get("tcp", {}).values() for port in found}
    assert ports == edges.SHAPES[shape][1].keys()


def changed(shape: str, kind: str, change: Any) -> list[dict[str, Any]]:
    resources = built(shape)
    for one in resources:
        if one["type"] == kind:
            change(one["properties"])
    return resources


def close(nsg: dict[str, Any]) -> None:
    for rule in nsg["securityRules"]:
        rule["properties"]["access"] = "Deny"


@pytest.mark.parametrize("shape", ["balanced_port", "nat_to_one", "nat_to_pool", "scale_set_address"])
def test_a_closed_nsg_is_a_disagreement(shape: str) -> None:
    with pytest.raises(PlantingError, match=shape):
        edge_record(shape, changed(shape, NSG, close))


def test_another_backend_port_is_a_disagreement() -> None:
    def move(balancer: dict[str, Any]) -> None:
        balancer["loadBalancingRules"][0]["properties"]["backendPort"] = 8080

    with pytest.raises(PlantingError):
        edge_record("balanced_port", changed("balanced_port", edges.LOAD_BALANCER, move))


def test_without_the_deny_the_firewall_lets_strangers_in() -> None:
    def open_up(nsg: dict[str, Any]) -> None:
        nsg["securityRules"] = []

    with pytest.raises(PlantingError):
        edge_record("firewall_denied", changed("firewall_denied", NSG, open_up))


def test_a_manager_without_its_rule_is_a_disagreement() -> None:
    resources = [one for one in built("manager_denies") if one["type"] != edges.ADMIN_RULES]
    with pytest.raises(PlantingError):
        edge_record("manager_denies", resources)


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    made = parts(EstateSpec(10_000, 1, furnished=True))
    return [record for part in made for record in part.truth() if record["kind"] == "entry_point"]


def test_every_shape_occurs_in_a_furnished_estate(records: list[dict[str, Any]]) -> None:
    assert {record["shape"] for record in records} == edges.SHAPES.keys()


def test_entry_points_are_named_unless_there_is_none(records: list[dict[str, Any]]) -> None:
    for record in records:
        assert (record["entry_point_id"] is None) == (record["shape"] == "internal_balancer")


def test_addresses_are_never_given_twice() -> None:
    made = [one for part in parts(EstateSpec(10_000, 1, furnished=True)) for one in part.resources]
    addresses = [one["properties"]["ipAddress"] for one in made if one["type"] == PUBLIC_IP]
    assert len(set(addresses)) == len(addresses)


def test_plain_estates_have_no_edges() -> None:
    kinds = {one["type"] for part in parts(EstateSpec(3000, 1)) for one in part.resources}
    assert not kinds & {
        edges.LOAD_BALANCER,
        edges.GATEWAY,
        edges.FIREWALL,
        edges.SCALE_SET,
        edges.ADMIN_RULES,
    }


def test_the_readme_tells_of_the_edges() -> None:
    text = (Path(edges.__file__).parent / "README.md").read_text()
    assert re.search(r"`entry_point`", text)
