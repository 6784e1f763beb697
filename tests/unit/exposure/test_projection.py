"""Reading network resources: what is refused, and by which name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.domain.resource import Resource, UnreadableResourceError
from shared.exposure import NETWORK_TYPES, UNEVALUATED_ENTRY_TYPES, project, project_admin_rules
from tests.unit.exposure import azure


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"direction": "Sideways"}, "direction: not one of"),
        ({"access": None}, "access: not one of"),
        ({"protocol": "Gre"}, "protocol: not one of"),
        ({"priority": "100"}, "priority: not a whole number"),
        ({"priority": True}, "priority: not a whole number"),
        ({"destinationPortRange": "70000"}, "destinationPortRange(s): not a port number"),
        ({"destinationPortRange": None}, "destinationPortRange: missing"),
        ({"destinationPortRanges": {"a": 1}}, "destinationPortRange"),
        ({"sourceAddressPrefix": None}, "sourceAddressPrefix: missing"),
        ({"sourceAddressPrefix": "10.0.0.0/40"}, "sourceAddressPrefix(es): not an address"),
        ({"sourceAddressPrefixes": [None]}, "sourceAddressPrefixes: not text"),
        ({"destinationAddressPrefix": None}, "destinationAddressPrefix: missing"),
        ({"destinationApplicationSecurityGroups": [{}]}, "destinationApplicationSecurityGroups: not a list"),
    ],
)
def test_rule_that_cannot_be_read(fields: dict[str, Any], message: str) -> None:
    rules = [azure.rule("good"), azure.rule("bad") | {"properties": azure.rule()["properties"] | fields}]
    with pytest.raises(UnreadableResourceError) as caught:
        project(azure.nsg("group", rules))
    assert "properties.securityRules[1].properties." in caught.value.reason
    assert message in caught.value.reason
    assert caught.value.resource_id == azure.arm_id("networkSecurityGroups", "group")


def test_source_groups_stand_for_no_prefix() -> None:
    fields = {"sourceAddressPrefix": None, "sourceApplicationSecurityGroups": [{"id": "/asg/web"}]}
    rule = project(azure.nsg("group", [azure.rule(**fields)]))["rules"][0]
    assert rule[5] == []


def test_projections_are_json() -> None:
    nsg, public, routes = (
        azure.nsg("group", [azure.rule()]),
        azure.public_ip(),
        azure.route_table("r", "::/0"),
    )
    nic = azure.interface(public=public, nic_nsg=nsg, machine="vm", asgs=["/asg"])
    for one in (nsg, public, routes, nic, azure.virtual_network(subnet_nsg=nsg, routes=routes)):
        assert json.loads(json.dumps(project(one))) == project(one)
        assert one.type in NETWORK_TYPES


def test_outbound_rules_are_left_out() -> None:
    assert project(azure.nsg("group", [azure.rule(direction="outbound", protocol="?")]))["rules"] == []


@pytest.mark.parametrize(
    ("resource", "field"),
    [
        (azure.interface(address="ten"), "properties.ipConfigurations[0].properties.privateIPAddress"),
        (azure.public_ip(sku=5), "sku.name"),  # type: ignore[arg-type]
        (azure.route_table("r", "0.0.0.0/x"), "properties.routes[0].properties.addressPrefix"),
    ],
)
def test_resource_that_cannot_be_read(resource: Resource, field: str) -> None:
    with pytest.raises(UnreadableResourceError) as caught:
        project(resource)
    assert caught.value.reason.startswith(field + ":")


def test_other_types_are_refused() -> None:
    with pytest.raises(UnreadableResourceError):
        project(azure.resource(azure.arm_id("connections", "c"), "connections", {}))


def test_unevaluated_types_are_not_evaluated_ones() -> None:
    assert not set(UNEVALUATED_ENTRY_TYPES) & set(NETWORK_TYPES)
    assert all(name == name.lower() and reason for name, reason in UNEVALUATED_ENTRY_TYPES.items())


def test_admin_rules_that_cannot_be_read() -> None:
    rule = {"id": "/r/one", "properties": {"direction": "Inbound", "access": "Allow", "protocol": "Tcp"}}
    with pytest.raises(ValueError, match=r"value\[0\].properties.priority"):
        project_admin_rules("/vnet", {"value": [rule]})
