"""A planted shape, what its planter meant, and the truth record that must bear the planter out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from samples.arm import Resource
from samples.shapes import RULE_IDS, Group, Shape
from samples.topology import Topology
from samples.verdicts import endpoint_record, judge_endpoint, judge_nsg


class PlantingError(Exception):
    """The evaluator does not find in the estate what the planting meant to put there."""


@dataclass(frozen=True, slots=True)
class Plant:
    """One shape in one place. `subjects` are the names of the rules that the planter means to be blamed."""

    shape: Shape
    group: Group
    nsg_id: str | None
    nic_id: str | None
    public_ip_id: str | None
    subjects: tuple[str, ...] = ()


def _record(plant: Plant, topology: Topology) -> dict[str, Any]:
    if plant.nsg_id is not None:
        judged = judge_nsg(topology, topology.nsgs[plant.nsg_id.lower()])
    else:
        judged = judge_endpoint(
            next((one for one in topology.endpoints if one.nic["id"] == plant.nic_id), None)
        )
    return {
        "kind": plant.shape.kind,
        "shape": plant.shape.name,
        "nsg_id": plant.nsg_id,
        "nic_id": plant.nic_id,
        "public_ip_id": plant.public_ip_id,
        **judged,
    }


def _check(plant: Plant, record: dict[str, Any]) -> None:
    """Hold the evaluator's record against the intention.

    Raises:
        PlantingError: they differ in verdict, class, severity, blamed rules or rule id.
    """
    meant = plant.shape.intention
    expected: dict[str, Any] = {
        "verdict": meant.verdict,
        "class": meant.reach,
        "max_severity": meant.severity,
        "expect_finding": meant.severity is not None,
        "subjects": list(plant.subjects),
    }
    wrong = {name: record[name] for name, value in expected.items() if record[name] != value}
    if meant.severity and plant.nsg_id is not None and RULE_IDS[plant.group] not in record["rule_ids"]:
        wrong["rule_ids"] = record["rule_ids"]
    if wrong:
        place = plant.nsg_id or plant.public_ip_id
        raise PlantingError(f"{plant.shape.name} at {place}: meant {expected}, the evaluator says {wrong}")


def truth_records(resources: Sequence[Resource], plants: Sequence[Plant]) -> Iterator[dict[str, Any]]:
    """The truth about a self-contained part of an estate: its plants, then its public endpoints.

    Raises:
        PlantingError: the evaluator disagrees with a planting, or finds an open NSG that nobody planted.
    """
    topology = Topology(resources)
    for plant in plants:
        record = _record(plant, topology)
        _check(plant, record)
        yield record
    planted = {plant.nsg_id for plant in plants}
    for nsg in topology.nsgs.values():
        if nsg["id"] not in planted and judge_nsg(topology, nsg)["class"] is not None:
            raise PlantingError(f"{nsg['id']} admits strangers to a judged port and was not planted")
    without_nsg = {plant.public_ip_id for plant in plants if plant.nsg_id is None}
    for endpoint in topology.endpoints:
        record = endpoint_record(endpoint)
        if record["groups"] and not endpoint.nsgs and endpoint.public_ip["id"] not in without_nsg:
            raise PlantingError(f"{endpoint.public_ip['id']} is open without an NSG and was not planted")
        yield record
