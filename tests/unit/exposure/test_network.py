"""The join: entry points, rows without one, what is unread, and words."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.exposure import Exposure, Verdict
from shared.exposure import SubscriptionNetwork, path_in_words, project, project_admin_rules
from tests.unit.exposure import azure


def rows(network: SubscriptionNetwork) -> list[Exposure]:
    return list(network.exposures())


def test_row_of_an_exposed_interface() -> None:
    group = azure.nsg("nsg-app", [azure.rule("ssh")])
    public = azure.public_ip()
    nic = azure.interface("nic-7", public=public)
    [row] = rows(azure.join(group, azure.virtual_network(subnet_nsg=group), public, nic))
    assert row.model_dump(mode="json", by_alias=True) == {
        "subscription_id": azure.SUBSCRIPTION,
        "entry_point": public.id,
        "resource_id": nic.id,
        "public_ip": "20.1.2.3",
        "protocol": "tcp",
        "ports": ["22"],
        "backend_ports": ["22"],
        "class": "internet",
        "verdict": "exposed",
        "path": [
            step("public_ip", public.id, "enters"),
            step("subnet_nsg", group.id, "allow", "ssh", 100),
            step("network_interface", nic.id, "delivers"),
        ],
        "note": None,
        "receiver_state": None,
    }
    assert path_in_words(row) == "internet -> 20.1.2.3 -> nic-7; allowed by nsg-app rule 'ssh' (100)"


def step(
    stage: str, resource_id: str, decision: str, rule: str | None = None, priority: int | None = None
) -> dict[str, Any]:
    return {
        "stage": stage,
        "resource_id": resource_id,
        "rule": rule,
        "priority": priority,
        "decision": decision,
    }


def test_g23_interface_without_public_path_is_latent() -> None:
    group = azure.nsg("nsg", [azure.rule()])
    nic = azure.interface()
    [row] = rows(azure.join(group, azure.virtual_network(subnet_nsg=group), nic))
    assert (row.verdict, row.resource_id, row.entry_point, row.public_ip, row.ports) == (
        Verdict.LATENT,
        nic.id,
        None,
        None,
        ("22",),
    )
    assert (
        path_in_words(row) == "internet -> nic; allowed by nsg rule 'rule' (100); latent: no public address"
    )


def test_g24_unattached_group_gives_one_row_for_each_protocol() -> None:
    group = azure.nsg(
        "nsg", [azure.rule(protocol="*"), azure.rule("b", priority=101, destinationPortRange="80")]
    )
    found = rows(azure.join(group))
    assert [(row.verdict, row.resource_id, row.protocol.value, row.ports) for row in found] == [
        (Verdict.UNATTACHED, group.id, "tcp", ("22", "80")),
        (Verdict.UNATTACHED, group.id, "udp", ("22",)),
    ]


def test_g22_private_endpoints_and_g25_idle_addresses_give_no_row() -> None:
    group = azure.nsg("nsg", [azure.rule()], subnets=[azure.subnet_id()])
    nic = azure.interface(private_endpoint=True)
    assert rows(azure.join(group, azure.virtual_network(subnet_nsg=group), nic, azure.public_ip())) == []


def test_g30_always_allow_without_nsg_is_unverified() -> None:
    public, network = azure.public_ip(), azure.virtual_network()
    rule = {
        "id": "/a/always",
        "properties": {
            "priority": 1,
            "direction": "Inbound",
            "access": "AlwaysAllow",
            "protocol": "Tcp",
            "sources": [{"addressPrefix": "*"}],
            "destinationPortRanges": ["443"],
        },
    }
    projections = [project(one) for one in (public, network, azure.interface(public=public))]
    extra = project_admin_rules(network.id, {"value": [rule]})
    [row] = rows(SubscriptionNetwork.build([*projections, extra]))
    assert (row.verdict, row.protocol.value, row.ports) == (Verdict.UNVERIFIED, "tcp", ("443",))


def test_words_of_a_path_without_a_group() -> None:
    public = azure.public_ip(sku="Basic")
    found = rows(azure.join(public, azure.virtual_network(), azure.interface(public=public)))
    assert {path_in_words(row) for row in found} == {
        "internet -> 20.1.2.3 -> nic; open: no network security group on the path"
    }


def test_default_route_through_the_internet_hop_changes_nothing() -> None:
    routes, group, public = (
        azure.route_table("r", "0.0.0.0/0", "Internet"),
        azure.nsg("nsg"),
        azure.public_ip(),
    )
    network = azure.virtual_network(subnet_nsg=group, routes=routes)
    assert rows(azure.join(routes, group, network, public, azure.interface(public=public))) == []


def test_unread_subnet_group_leaves_the_other_unverified() -> None:
    other = azure.arm_id("networkSecurityGroups", "elsewhere", subscription="9" * 8)
    group, public = azure.nsg("own", [azure.rule()]), azure.public_ip()
    network = azure.join(
        group,
        azure.virtual_network(subnet_nsg=other),
        public,
        azure.interface(public=public, nic_nsg=group),
    )
    [row] = rows(network)
    assert (row.verdict, row.ports) == (Verdict.UNVERIFIED, ("22",))
    assert [failure.resource_id for failure in network.unresolved] == [other.lower()]


def test_network_of_another_subscription_is_named_not_taken_for_open() -> None:
    public = azure.public_ip(sku="Basic")
    network = azure.join(public, azure.interface(public=public, network="hub"))
    assert rows(network) == []
    [failure] = network.unresolved
    assert failure.resource_id == azure.arm_id("virtualNetworks", "hub").lower()
    assert failure.type == "microsoft.network/virtualnetworks"


def test_address_without_sku_is_unverified_where_no_group_is() -> None:
    public = azure.public_ip(sku=None)
    found = rows(azure.join(public, azure.virtual_network(), azure.interface(public=public)))
    assert {(row.verdict, row.ports) for row in found} == {(Verdict.UNVERIFIED, ("*",))}


def test_scale_set_interfaces_are_named_by_their_scale_set() -> None:
    scale_set = f"/subscriptions/{azure.SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/"
    scale_set += "virtualMachineScaleSets/pool"
    names = [f"{scale_set}/virtualMachines/{n}/networkInterfaces/nic" for n in range(3)]
    network = azure.join(azure.nsg("nsg", [azure.rule()], interfaces=names))
    assert [failure.resource_id for failure in network.unresolved] == [scale_set.lower()]
    assert rows(network) == []


def test_same_rules_are_compiled_once() -> None:
    first, second = azure.nsg("one", [azure.rule()]), azure.nsg("two", [azure.rule()])
    groups = azure.join(first, second).tables.groups
    assert groups[first.key].rules is groups[second.key].rules


def test_rows_do_not_depend_on_the_order_of_reading() -> None:
    group, public = azure.nsg("nsg", [azure.rule(protocol="*")]), azure.public_ip()
    parts = [
        group,
        azure.virtual_network(subnet_nsg=group),
        public,
        azure.interface("b", public=public),
        azure.interface("a"),
    ]
    assert rows(azure.join(*parts)) == rows(azure.join(*reversed(parts)))


def test_projection_of_no_known_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        SubscriptionNetwork.build([{"kind": "moon", "id": "/x"}])


def test_references_are_compared_without_case() -> None:
    group, public = azure.nsg("nsg", [azure.rule()]), azure.public_ip()
    nic = azure.interface(public=public.id.upper(), nic_nsg=group.id.upper())
    [row] = rows(azure.join(group, public, azure.virtual_network(), nic))
    assert row.entry_point == public.id
