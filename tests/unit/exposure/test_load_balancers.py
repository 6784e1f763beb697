"""Load balancers as entry points: the worked examples G01-G12, and how their rows are put together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from shared.domain.exposure import Exposure
from shared.domain.resource import Resource, UnreadableResourceError
from shared.exposure import path_in_words, project
from tests.unit.exposure import azure

PUBLIC = azure.public_ip()


def rows(
    balancer: Resource,
    *,
    allow: str | None = None,
    nics: Iterable[str] = ("nic",),
    group: bool = True,
    **fields: Any,
) -> list[Exposure]:
    """Rows behind one load balancer whose members stand in a subnet with an NSG that allows one port."""
    rules = [] if allow is None else [azure.rule("app", destinationPortRange=allow, **fields)]
    nsg = azure.nsg("nsg", rules)
    members = [
        azure.interface(name, address=f"10.0.0.{4 + n}", pools=[azure.pool_id()])
        for n, name in enumerate(nics)
    ]
    network = azure.virtual_network(subnet_nsg=nsg if group else None)
    joined = azure.join(*([nsg] if group else []), network, PUBLIC, balancer, *members)
    return [row for row in joined.exposures() if row.verdict.value != "latent"]


def notation(found: list[Exposure]) -> list[tuple[str, ...]]:
    return [
        (row.protocol.value, ",".join(row.ports), ",".join(row.backend_ports), row.source_class.value)
        for row in found
    ]


def test_g01_the_filters_see_the_backend_port() -> None:
    balancer = azure.load_balancer(PUBLIC, rules=[azure.forward(443, 8443)])
    [row] = rows(balancer, allow="8443", sourceAddressPrefix="Internet")
    assert notation([row]) == [("tcp", "443", "8443", "internet")]
    assert (row.entry_point, row.public_ip) == (PUBLIC.id, "20.1.2.3")
    assert [step.stage for step in row.path] == [
        "public_ip",
        "load_balancer_rule",
        "subnet_nsg",
        "network_interface",
    ]
    assert path_in_words(row) == "internet -> 20.1.2.3 -> rule0 -> nic; allowed by nsg rule 'app' (100)"


def test_g02_the_frontend_port_opens_nothing() -> None:
    balancer = azure.load_balancer(PUBLIC, rules=[azure.forward(443, 8443)])
    assert rows(balancer, allow="443", sourceAddressPrefix="Internet") == []


@pytest.mark.parametrize(("allow", "expected"), [("22", [("tcp", "50001", "22", "internet")]), ("50001", [])])
def test_g03_g04_inbound_nat_rule(allow: str, expected: list[tuple[str, ...]]) -> None:
    target = {"id": f"{azure.arm_id('networkInterfaces', 'nic')}/ipConfigurations/one"}
    rule = azure.forward(50001, 22, backendIPConfiguration=target)
    assert notation(rows(azure.load_balancer(PUBLIC, nat_rules=[rule]), allow=allow)) == expected


@pytest.mark.parametrize(
    ("sku", "expected"), [("Standard", []), ("Basic", [("tcp", "80", "8080", "internet")])]
)
def test_g05_g06_no_group_behind_the_balancer(sku: str, expected: list[tuple[str, ...]]) -> None:
    balancer = azure.load_balancer(PUBLIC, rules=[azure.forward(80, 8080)], sku=sku)
    assert notation(rows(balancer, group=False)) == expected


def test_g07_nat_rule_over_a_pool() -> None:
    rule = {
        "protocol": "Tcp",
        "frontendPortRangeStart": 500,
        "frontendPortRangeEnd": 599,
        "backendPort": 3389,
        "backendAddressPool": {"id": azure.pool_id()},
    }
    names = ["a", "b", "c"]
    found = rows(azure.load_balancer(PUBLIC, nat_rules=[rule], members=names), allow="3389", nics=names)
    assert notation(found) == [("tcp", "500-502", "3389", "internet")] * 3
    assert all(row.note for row in found)


def test_g08_outbound_rules_let_nobody_in() -> None:
    assert rows(azure.load_balancer(PUBLIC), allow="*") == []


def test_g09_internal_frontends_let_nobody_in() -> None:
    balancer = azure.load_balancer(None, rules=[azure.forward(443, 443)])
    assert rows(balancer, allow="*") == []


@pytest.mark.parametrize(
    ("destination", "expected"),
    [("20.1.2.3", [("tcp", "443", "443", "internet")]), ("10.0.0.4", []), ("VirtualNetwork", [])],
)
def test_g10_floating_ip(destination: str, expected: list[tuple[str, ...]]) -> None:
    rule = azure.forward(443, 443, enableFloatingIP=True)
    found = rows(azure.load_balancer(PUBLIC, rules=[rule]), allow="443", destinationAddressPrefix=destination)
    assert notation(found) == expected


def test_g11_source_ranges_are_limited() -> None:
    balancer = azure.load_balancer(PUBLIC, rules=[azure.forward(80, 80)])
    found = rows(balancer, allow="80", sourceAddressPrefix="203.0.113.0/24")
    assert notation(found) == [("tcp", "80", "80", "limited")]


def test_g12_node_port_behind_the_private_address() -> None:
    balancer = azure.load_balancer(PUBLIC, rules=[azure.forward(443, 31000)])
    found = rows(balancer, allow="31000", destinationAddressPrefix="10.0.0.4")
    assert notation(found) == [("tcp", "443", "31000", "internet")]


@pytest.mark.parametrize("members", [{"members": ["nic"]}, {"addresses": ["10.0.0.4"]}])
def test_membership_that_only_the_balancer_tells(members: dict[str, list[str]]) -> None:
    balancer = azure.load_balancer(PUBLIC, rules=[azure.forward(22, 22)], **members)  # type: ignore[arg-type]
    nsg, nic = azure.nsg("nsg", [azure.rule()]), azure.interface()
    joined = azure.join(nsg, azure.virtual_network(subnet_nsg=nsg), PUBLIC, balancer, nic)
    assert notation(list(joined.exposures())) == [("tcp", "22", "22", "internet")]


def test_nat_rule_that_only_the_interface_tells() -> None:
    balancer = azure.load_balancer(PUBLIC, nat_rules=[azure.forward(50001, 22)])
    nsg, nic = azure.nsg("nsg", [azure.rule()]), azure.interface(nat_rules=[azure.nat_rule_id()])
    joined = azure.join(nsg, azure.virtual_network(subnet_nsg=nsg), PUBLIC, balancer, nic)
    assert notation(list(joined.exposures())) == [("tcp", "50001", "22", "internet")]


def test_rules_between_the_same_two_share_a_row() -> None:
    balancer = azure.load_balancer(
        PUBLIC,
        rules=[azure.forward(80, 8080), azure.forward(443, 8443), azure.forward(53, 53, protocol="Udp")],
    )
    found = rows(balancer, allow="*", protocol="*")
    assert notation(found) == [
        ("tcp", "80,443", "8080,8443", "internet"),
        ("udp", "53", "53", "internet"),
    ]
    assert [step.stage for step in found[0].path].count("load_balancer_rule") == 2


def test_balancer_that_was_not_read_is_named() -> None:
    nic = azure.interface(pools=[azure.pool_id(balancer="elsewhere")])
    [failure] = azure.join(azure.virtual_network(), nic).unresolved
    assert failure.resource_id == azure.arm_id("loadBalancers", "elsewhere").lower()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"protocol": "Gre"}, "protocol"),
        ({"backendPort": "22"}, "backendPort"),
        ({"frontendPort": None}, "frontendPort"),
        ({"backendAddressPool": "pool"}, "backendAddressPool.id"),
    ],
)
def test_rule_that_cannot_be_read(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(UnreadableResourceError) as caught:
        project(azure.load_balancer(PUBLIC, rules=[azure.forward(1, 2) | fields]))
    assert caught.value.reason.startswith(f"properties.loadBalancingRules[0].properties.{field}:")
