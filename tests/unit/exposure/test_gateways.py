"""Gateways, machines behind other paths, and security admin rules: G13-G15, G19-G22, G26-G31."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.exposure import Exposure
from shared.domain.resource import Resource, UnreadableResourceError
from shared.exposure import SubscriptionNetwork, path_in_words, project, project_admin_rules
from tests.unit.exposure import azure
from tests.unit.exposure import azure_entry_points as more

PUBLIC = azure.public_ip()
Row = tuple[str, str, str, str]


def notation(found: list[Exposure]) -> list[Row]:
    return [
        (row.protocol.value, ",".join(row.ports), row.source_class.value, row.verdict.value) for row in found
    ]


def rows(network: SubscriptionNetwork) -> list[Exposure]:
    return [row for row in network.exposures() if row.entry_point is not None]


def gateway(
    rules: list[dict[str, Any]] | None, *, ports: tuple[int, ...] = (443,), private: tuple[int, ...] = ()
) -> list[Exposure]:
    """Rows of an application gateway in a subnet with these rules, or without an NSG."""
    nsg = azure.nsg("nsg", rules or [])
    groups = {} if rules is None else {"gateway": nsg}
    vnet = more.network("vnet", {"gateway": "10.0.3.0/24"}, groups=groups)
    resource = more.application_gateway(PUBLIC, ports, private_ports=private)
    return rows(azure.join(*([] if rules is None else [nsg]), vnet, PUBLIC, resource))


MANAGEMENT = azure.rule(
    "infra", sourceAddressPrefix="GatewayManager", destinationPortRange="65200-65535", priority=4000
)
OPEN = ("tcp", "443", "internet", "exposed")


def test_g13_a_public_listener_is_exposed_on_the_gateway() -> None:
    [row] = gateway(None)
    assert notation([row]) == [OPEN]
    assert row.resource_id == azure.arm_id("applicationGateways", "gw")
    assert (row.entry_point, row.public_ip, row.receiver_state) == (PUBLIC.id, "20.1.2.3", "running")
    assert [step.stage for step in row.path] == [
        "public_ip",
        "application_gateway_listener",
        "network_security_group",
        "application_gateway",
    ]
    assert path_in_words(row).startswith("internet -> 20.1.2.3 -> public443 -> gw; open")


def test_g14_only_the_gateway_manager_is_let_in() -> None:
    assert gateway([MANAGEMENT]) == []


def test_g15_platform_ports_are_no_listener() -> None:
    rules = [azure.rule(sourceAddressPrefix="Internet", destinationPortRange="65200-65535")]
    assert gateway(rules) == []


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        ("*", [OPEN]),
        ("10.0.3.0/24", [OPEN]),
        ("VirtualNetwork", [OPEN]),
        ("10.0.3.4", [("tcp", "443", "internet", "unverified")]),
        ("10.0.9.0/24", []),
    ],
)
def test_the_gateway_stands_somewhere_in_its_subnet(destination: str, expected: list[Row]) -> None:
    rules = [azure.rule(destinationPortRange="443", destinationAddressPrefix=destination)]
    assert notation(gateway(rules)) == expected


def test_a_port_shared_with_a_private_listener_is_unverified_where_that_matters() -> None:
    rules = [azure.rule(destinationPortRange="443", destinationAddressPrefix="10.0.3.0/24")]
    assert notation(gateway(rules, private=(443,))) == [("tcp", "443", "internet", "unverified")]
    assert gateway(rules, ports=(), private=(443,)) == []


def test_listener_at_an_unknown_port_cannot_be_read() -> None:
    broken = more.application_gateway(PUBLIC, [443])
    broken.properties["httpListeners"][0]["properties"]["frontendPort"] = {"id": "/elsewhere"}
    with pytest.raises(UnreadableResourceError, match=r"httpListeners\[0\].properties.frontendPort"):
        project(broken)


def test_subnet_that_was_not_read_is_named() -> None:
    network = azure.join(PUBLIC, more.application_gateway(PUBLIC, [443]))
    assert [one.resource_id for one in network.unresolved] == [
        azure.arm_id("virtualNetworks", "vnet").lower()
    ]


@pytest.mark.parametrize(
    ("allowed", "source_class"), [((), "internet"), (("203.0.113.0/24",), "limited")], ids=["G19", "listed"]
)
def test_g19_bastion_takes_connections_and_the_machine_none(
    allowed: tuple[str, ...], source_class: str
) -> None:
    nsg = azure.nsg("nsg", [azure.rule(sourceAddressPrefix="VirtualNetwork")])
    vnet = more.network(
        "vnet", {"default": "10.0.0.0/24", "AzureBastionSubnet": "10.0.4.0/26"}, groups={"default": nsg}
    )
    found = azure.join(nsg, vnet, PUBLIC, azure.interface(), more.bastion(PUBLIC, allowed=allowed))
    [row] = list(found.exposures())
    assert notation([row]) == [("tcp", "443", source_class, "exposed")]
    assert row.resource_id == azure.arm_id("bastionHosts", "bastion")


def machine(*rules: dict[str, Any], extra: tuple[Resource, ...] = ()) -> list[Exposure]:
    """Rows of a machine with a Standard address behind a subnet's NSG."""
    nsg = azure.nsg("nsg", rules)
    nic = azure.interface(public=PUBLIC, machine="vm")
    return rows(azure.join(nsg, azure.virtual_network(subnet_nsg=nsg), PUBLIC, nic, *extra))


JIT_DENY = azure.rule("MicrosoftDefenderForCloud-JITRule", access="Deny", priority=4096)


def test_g20_an_older_rule_goes_before_the_one_of_just_in_time_access() -> None:
    assert notation(machine(azure.rule("old", priority=300), JIT_DENY)) == [
        ("tcp", "22", "internet", "exposed")
    ]


def test_g21_a_request_lets_one_address_in() -> None:
    request = azure.rule("jit", priority=100, sourceAddressPrefix="203.0.113.7/32")
    assert notation(machine(request, JIT_DENY)) == [("tcp", "22", "limited", "exposed")]


@pytest.mark.parametrize("state", ["deallocated", "running"])
def test_g26_the_power_state_is_said(state: str) -> None:
    [row] = machine(azure.rule(), extra=(more.machine("vm", state),))
    assert (notation([row]), row.receiver_state) == ([("tcp", "22", "internet", "exposed")], state)


def test_machine_without_a_state_says_none() -> None:
    unknown = more.typed("Microsoft.Compute/virtualMachines", "vm", {"extended": None})
    [row] = machine(azure.rule(), extra=(unknown,))
    assert row.receiver_state is None


@pytest.mark.parametrize(
    ("sku", "group", "expected"),
    [
        pytest.param("Standard", True, [("tcp", "22", "internet", "exposed")], id="G27"),
        pytest.param("Standard", False, [], id="G27-standard-without-group"),
        pytest.param("Basic", False, [("tcp", "*", "internet", "exposed")], id="G27-basic-without-group"),
        pytest.param(None, False, [("tcp", "*", "internet", "unverified")], id="G27-unknown-sku"),
    ],
)
def test_g27_instances_of_a_scale_set(sku: str | None, group: bool, expected: list[Row]) -> None:
    nsg = azure.nsg("nsg", [azure.rule()])
    vnet = azure.virtual_network(subnet_nsg=nsg if group else None)
    pool = more.scale_set(public_sku=sku)
    found = rows(azure.join(*([nsg] if group else []), vnet, pool))
    assert [row for row in notation(found) if row[0] == "tcp"] == expected
    assert all(row.entry_point == pool.id and row.note for row in found)


@pytest.mark.parametrize(("destination", "verdict"), [("10.0.0.0/24", "exposed"), ("10.0.0.4", "unverified")])
def test_an_instance_stands_somewhere_in_its_subnet(destination: str, verdict: str) -> None:
    nsg = azure.nsg("nsg", [azure.rule(destinationAddressPrefix=destination)])
    pool = more.scale_set(public_sku="Standard", nic_nsg=nsg)
    found = rows(azure.join(nsg, azure.virtual_network(), pool))
    assert notation(found) == [("tcp", "22", "internet", verdict)]


def test_a_balancer_leads_to_the_instances_that_it_names() -> None:
    pool = more.scale_set(has_public=False)
    instance = f"{pool.id}/virtualMachines/3/networkInterfaces/nic"
    balancer = azure.load_balancer(PUBLIC, rules=[azure.forward(443, 8443)])
    pools = balancer.properties["backendAddressPools"][0]["properties"]
    pools["backendIPConfigurations"] = [{"id": f"{instance}/ipConfigurations/one"}]
    nsg = azure.nsg("nsg", [azure.rule(destinationPortRange="8443")], interfaces=[instance])
    network = azure.join(nsg, azure.virtual_network(subnet_nsg=nsg), PUBLIC, balancer, pool)
    assert notation(rows(network)) == [("tcp", "443", "internet", "exposed")]
    assert network.unresolved == ()


def test_flexible_scale_sets_have_interfaces_of_their_own() -> None:
    pool = more.scale_set(public_sku="Basic", mode="Flexible")
    assert list(azure.join(azure.virtual_network(), pool).exposures()) == []


@pytest.mark.parametrize("kind", ["natGateways", "virtualNetworkGateways"], ids=["G28", "G29"])
def test_g28_g29_addresses_of_these_gateways_expose_no_machine(kind: str) -> None:
    nsg = azure.nsg("nsg")
    holder = azure.arm_id(kind, "gw")
    public = azure.resource(
        PUBLIC.id,
        "publicIPAddresses",
        {
            "ipAddress": "20.1.2.3",
            "natGateway" if kind == "natGateways" else "ipConfiguration": {"id": holder},
        },
        "Standard",
    )
    network = azure.join(nsg, azure.virtual_network(subnet_nsg=nsg), public, azure.interface())
    assert list(network.exposures()) == []


@pytest.mark.parametrize(
    ("delegated", "expected"),
    [
        pytest.param("Microsoft.Sql/managedInstances", [("tcp", "22", "internet", "exposed")], id="G31"),
        pytest.param("Microsoft.Web/serverFarms", [], id="other-delegation"),
        pytest.param(None, [], id="no-delegation"),
    ],
)
def test_g31_admin_rules_do_not_apply_beside_intent_policies(
    delegated: str | None, expected: list[Row]
) -> None:
    nsg = azure.nsg("nsg", [azure.rule()])
    vnet = more.network("vnet", {"default": "10.0.0.0/24"}, groups={"default": nsg}, delegated=delegated)
    deny = {
        "id": "/admin/deny",
        "properties": {"priority": 1, "direction": "Inbound", "access": "Deny", "protocol": "Any"},
    }
    extra = project_admin_rules(vnet.id, {"value": [deny]})
    network = azure.join(nsg, vnet, PUBLIC, azure.interface(public=PUBLIC), extra=[extra])
    assert notation(rows(network)) == expected


def test_g32_a_default_route_makes_it_possible() -> None:
    routes, nsg = azure.route_table("r", "0.0.0.0/0"), azure.nsg("nsg")
    vnet = azure.virtual_network(subnet_nsg=nsg, routes=routes)
    found = rows(azure.join(routes, nsg, vnet, PUBLIC, azure.interface(public=PUBLIC)))
    assert {row.verdict.value for row in found} == {"possible"}
