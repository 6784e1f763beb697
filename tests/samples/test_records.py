"""What was planted is what the evaluator finds, for every shape and many targets; and the check can fail."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samples.arm import Scope
from samples.cell import Cell
from samples.estate import SHAPES
from samples.network import NSG, RuleSpec
from samples.planting import plant
from samples.records import PlantingError, truth_records
from samples.shapes import RULE_IDS, Shape

BY_NAME = {shape.name: shape for shape in SHAPES}


def planted(shape: Shape, seed: int) -> Cell:
    cell = Cell(7, Scope("sub", "rg", "westeurope"), Random(seed), dual_stack=shape.ipv6)
    plant(cell, shape)
    return cell


def records(cell: Cell) -> list[dict[str, Any]]:
    return list(truth_records(cell.resources, cell.plants))


def test_shape_names_are_unique() -> None:
    assert len(BY_NAME) == len(SHAPES)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_evaluator_confirms_every_shape(shape: Shape, seed: int) -> None:
    made = records(planted(shape, seed))  # raises PlantingError on any disagreement
    about_shape = [record for record in made if record["kind"] == shape.kind]
    assert about_shape
    assert {record["shape"] for record in about_shape} == {shape.name}


def severities(name: str, seed: int = 3) -> set[str | None]:
    return {record["max_severity"] for record in records(planted(BY_NAME[name], seed)) if "shape" in record}


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("any_source", "critical"),
        ("latent_no_public_ip", "medium"),
        ("stopped_by_subnet", "medium"),
        ("stopped_by_nic", "medium"),
        ("unattached_nsg", "low"),
        ("azure_cloud", "high"),
        ("limited_prefix", None),
        ("shadowed_by_deny", None),
    ],
)
def test_severity_follows_the_path(name: str, severity: str | None) -> None:
    assert severities(name) == {severity}


def test_both_stages_give_a_record_for_each_nsg() -> None:
    made = [record for record in records(planted(BY_NAME["both_stages"], 1)) if "shape" in record]
    assert len({record["nsg_id"] for record in made}) == 2


def test_what_stops_a_stranger_is_named() -> None:
    cell = planted(BY_NAME["stopped_by_nic"], 1)
    (record,) = [record for record in records(cell) if "shape" in record]
    assert [nsg_id.rpartition("/")[2] for nsg_id in record["stopped_by"]] == [
        nsg["name"] for nsg in cell.resources if nsg["type"] == NSG and nsg["id"] != record["nsg_id"]
    ]


def test_a_rule_that_opens_everything_is_a_finding_of_every_judged_rule() -> None:
    (record,) = [record for record in records(planted(BY_NAME["all_ports"], 1)) if "shape" in record]
    assert set(record["rule_ids"]) == set(RULE_IDS.values())


def test_a_weakness_that_was_mended_is_a_disagreement() -> None:
    cell = planted(BY_NAME["any_source"], 1)
    for nsg in (one for one in cell.resources if one["type"] == NSG):
        nsg["properties"]["securityRules"][0]["properties"]["access"] = "Deny"
    with pytest.raises(PlantingError, match="any_source"):
        records(cell)


def test_a_trap_that_springs_open_is_a_disagreement() -> None:
    cell = planted(BY_NAME["shadowed_by_deny"], 1)
    for nsg in (one for one in cell.resources if one["type"] == NSG):
        rules = nsg["properties"]["securityRules"]
        nsg["properties"]["securityRules"] = [one for one in rules if one["properties"]["access"] != "Deny"]
    with pytest.raises(PlantingError, match="shadowed_by_deny"):
        records(cell)


def test_an_open_nsg_that_nobody_planted_is_a_disagreement() -> None:
    cell = planted(BY_NAME["any_source"], 1)
    cell.add_nsg("forgotten", (RuleSpec("SSH", 100, ports="22"),))
    with pytest.raises(PlantingError, match="forgotten"):
        records(cell)
