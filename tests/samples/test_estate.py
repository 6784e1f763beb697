"""Generated estates: exact size, same seed same bytes, constant memory, ARM's shape, every planted shape."""

import hashlib
import time
import tracemalloc
from collections import Counter
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samples.estate import SHAPES, EstateSpec, parts
from samples.network import NIC, NSG, PUBLIC_IP, VIRTUAL_NETWORK

TEN_THOUSAND = EstateSpec(10_000, 1)


def resources(spec: EstateSpec) -> list[dict[str, Any]]:
    return [resource for part in parts(spec) for resource in part.resources]


def digest(spec: EstateSpec) -> str:
    estate = b"".join(map(orjson.dumps, resources(spec)))
    truth = b"".join(orjson.dumps(record) for part in parts(spec) for record in part.truth())
    return hashlib.sha256(estate + truth).hexdigest()


@pytest.fixture(scope="module")
def estate() -> list[dict[str, Any]]:
    return resources(TEN_THOUSAND)


@settings(max_examples=60, deadline=None)
@given(count=st.integers(1, 400), seed=st.integers(0, 2**32), skew=st.booleans())
def test_exactly_as_many_resources_as_asked_for(count: int, seed: int, skew: bool) -> None:
    assert len(resources(EstateSpec(count, seed, skew=skew))) == count


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert digest(EstateSpec(1_500, 42)) == digest(EstateSpec(1_500, 42))
    assert digest(EstateSpec(1_500, 42)) != digest(EstateSpec(1_500, 43))


@pytest.mark.parametrize("seed", range(10))
def test_the_evaluator_agrees_with_the_planting_over_whole_estates(seed: int) -> None:
    for part in parts(EstateSpec(3_000, seed)):
        list(part.truth())  # raises PlantingError on any disagreement


@pytest.mark.parametrize("seed", [0, 1, 99])
def test_every_shape_occurs_in_ten_thousand_resources(seed: int) -> None:
    planted = {plant.shape.name for part in parts(EstateSpec(10_000, seed)) for plant in part.plants}
    assert planted == {shape.name for shape in SHAPES}


def test_ids_and_public_addresses_are_unique(estate: list[dict[str, Any]]) -> None:
    assert len({one["id"].lower() for one in estate}) == len(estate)
    addresses = [one["properties"]["ipAddress"] for one in estate if one["type"] == PUBLIC_IP]
    assert len(set(addresses)) == len(addresses) > 100


def references(value: Any) -> set[str]:
    """Every `{"id": ...}` reference in a resource, lower-cased."""
    if isinstance(value, list):
        return {found for item in value for found in references(item)}
    if not isinstance(value, dict):
        return set()
    own = {value["id"].lower()} if set(value) <= {"id", "properties"} and "id" in value else set()
    return own | {found for item in value.values() for found in references(item)}


def test_every_reference_leads_to_something_in_the_same_part() -> None:
    for part in parts(EstateSpec(2_000, 5)):
        known = {one["id"].lower() for one in part.resources}
        for one in part.resources:
            nested = one["properties"].get("subnets", []) if one["type"] == VIRTUAL_NETWORK else []
            nested = nested + one["properties"].get("ipConfigurations", []) if one["type"] == NIC else nested
            known |= {inner["id"].lower() for inner in nested}
        for one in part.resources:
            assert references(one["properties"]) <= known


def test_links_between_nsgs_and_nics_and_subnets_point_both_ways(estate: list[dict[str, Any]]) -> None:
    forward: set[tuple[str, str]] = set()
    backward: set[tuple[str, str]] = set()
    for one in estate:
        properties = one["properties"]
        if one["type"] == NIC and "networkSecurityGroup" in properties:
            forward.add((properties["networkSecurityGroup"]["id"], one["id"]))
        elif one["type"] == VIRTUAL_NETWORK:
            for subnet in properties["subnets"]:
                if "networkSecurityGroup" in subnet["properties"]:
                    forward.add((subnet["properties"]["networkSecurityGroup"]["id"], subnet["id"]))
        elif one["type"] == NSG:
            attached = properties.get("networkInterfaces", []) + properties.get("subnets", [])
            backward |= {(one["id"], target["id"]) for target in attached}
    assert forward == backward
    assert len(forward) > 500


def test_resources_have_the_envelope_of_their_type(estate: list[dict[str, Any]]) -> None:
    for one in estate:
        assert {"id", "name", "type", "properties"} <= set(one)
        assert one["id"].startswith("/subscriptions/")
        assert one["id"].endswith("/" + one["name"])
        child = one["type"] in {
            "Microsoft.Authorization/roleAssignments",
            "Microsoft.Sql/servers/firewallRules",
        }
        assert ("location" in one) != child
    assert all(one["sku"]["name"] in {"Basic", "Standard"} for one in estate if one["type"] == PUBLIC_IP)


def test_rules_carry_what_arm_returns(estate: list[dict[str, Any]]) -> None:
    nsgs = [one for one in estate if one["type"] == NSG]
    with_defaults = [one for one in nsgs if "defaultSecurityRules" in one["properties"]]
    assert 0.8 < len(with_defaults) / len(nsgs) < 1
    assert all(len(one["properties"]["defaultSecurityRules"]) == 6 for one in with_defaults)
    for nsg in nsgs:
        rules = nsg["properties"]["securityRules"]
        taken = [(rule["properties"]["direction"], rule["properties"]["priority"]) for rule in rules]
        assert len(set(taken)) == len(taken), "priorities are unique in each direction"
        assert len({rule["name"].lower() for rule in rules}) == len(rules)
        for rule in rules:
            assert rule["id"] == f"{nsg['id']}/securityRules/{rule['name']}"
            assert 100 <= rule["properties"]["priority"] <= 4096


def test_the_mix_is_the_intended_one(estate: list[dict[str, Any]]) -> None:
    share = {kind: count / len(estate) for kind, count in Counter(one["type"] for one in estate).items()}
    for kind, intended in {
        NIC: 0.18,
        "Microsoft.Compute/virtualMachines": 0.18,
        "Microsoft.Compute/disks": 0.18,
        "Microsoft.Authorization/roleAssignments": 0.109,
        NSG: 0.092,
        "Microsoft.Web/sites": 0.073,
        "Microsoft.Storage/storageAccounts": 0.072,
        "Microsoft.KeyVault/vaults": 0.036,
        VIRTUAL_NETWORK: 0.036,
    }.items():
        assert share[kind] == pytest.approx(intended, rel=0.2), kind
    for kind in (
        "Microsoft.Sql/servers",
        "Microsoft.Sql/servers/firewallRules",
        "Microsoft.ContainerService/managedClusters",
        "Microsoft.ContainerRegistry/registries",
    ):
        assert share[kind] > 0.001, kind


def subscriptions(spec: EstateSpec) -> Counter[str]:
    return Counter(one["id"].split("/")[2] for one in resources(spec))


@pytest.mark.parametrize(
    ("count", "expected"), [(499, 1), (500, 2), (10_000, 2), (15_000, 3), (1_000_000, 200)]
)
def test_default_number_of_subscriptions(count: int, expected: int) -> None:
    assert EstateSpec(count, 1).subscription_count == expected


def test_subscriptions_are_all_used_and_evenly() -> None:
    sizes = subscriptions(EstateSpec(5_000, 3, subscriptions=4))
    assert len(sizes) == 4
    assert min(sizes.values()) > 900


def test_skew_puts_three_fifths_into_one_subscription() -> None:
    sizes = subscriptions(EstateSpec(10_000, 3, subscriptions=4, skew=True))
    assert len(sizes) == 4
    assert max(sizes.values()) == pytest.approx(6_000, rel=0.15)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"resources": 0}, "resources"),
        ({"resources": 5_000_001}, "resources"),
        ({"resources": 10, "subscriptions": 0}, "subscriptions"),
        ({"resources": 10, "subscriptions": 10_001}, "subscriptions"),
    ],
)
def test_numbers_out_of_range_are_refused(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        EstateSpec(**{"seed": 1, **fields})


def peak_memory(count: int) -> int:
    """Bytes at the worst moment of streaming an estate and its truth."""
    tracemalloc.start()
    try:
        for part in parts(EstateSpec(count, 8)):
            list(part.truth())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_estate() -> None:
    peak_memory(1_500)  # fills the bounded caches
    small, large = peak_memory(1_500), peak_memory(6_000)
    assert large < 4_000_000
    assert large < small * 1.5 + 300_000


def test_ten_thousand_resources_take_well_under_two_seconds() -> None:
    started = time.process_time()
    for part in parts(EstateSpec(10_000, 4)):
        list(map(orjson.dumps, part.resources))
    assert time.process_time() - started < 2
