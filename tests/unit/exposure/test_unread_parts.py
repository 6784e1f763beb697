"""Parts of a network that could not be read: what depends on them is not certain, and says why."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.coverage import ReadFailure
from shared.domain.exposure import Exposure, Verdict
from shared.exposure import SubscriptionNetwork, project, project_admin_rules
from shared.exposure.admin_rules import ADMIN_RULES_TYPE
from shared.exposure.machine import project_machine
from tests.unit.exposure import azure
from tests.unit.exposure import azure_entry_points as entry

PUBLIC = azure.public_ip()
OPEN = azure.nsg("nsg", [azure.rule()])
VNET = azure.virtual_network()
NIC = azure.interface(nic_nsg=OPEN, machine="vm", public=PUBLIC)
REFUSED = ReadFailure(resource_id=VNET.id, type=ADMIN_RULES_TYPE, reason="403")
NO_LIST = ReadFailure(resource_id=None, type=ADMIN_RULES_TYPE, reason="denied")


def rows(*resources: Any, failures: tuple[ReadFailure, ...], extra: tuple[Any, ...] = ()) -> list[Exposure]:
    network = SubscriptionNetwork.build([*map(project, resources), *extra], failures)
    return list(network.exposures())


@pytest.mark.parametrize("failure", [REFUSED, NO_LIST], ids=["of this network", "of every network"])
def test_admin_rules_that_were_not_read_leave_nothing_certain(failure: ReadFailure) -> None:
    [row] = rows(VNET, PUBLIC, OPEN, NIC, failures=(failure,))
    assert (row.verdict, row.ports) == (Verdict.UNVERIFIED, ("22",))
    assert row.note is not None and "listNetworkManagerEffectiveSecurityAdminRules" in row.note


def test_admin_rules_of_another_network_do_not_matter() -> None:
    other = ReadFailure(resource_id=VNET.id + "2", type=ADMIN_RULES_TYPE, reason="403")
    [row] = rows(VNET, PUBLIC, OPEN, NIC, failures=(other,))
    assert row.verdict is Verdict.EXPOSED


def test_admin_rules_that_were_read_are_what_counts() -> None:
    read = project_admin_rules(VNET.id, {"value": []})
    [row] = rows(VNET, PUBLIC, OPEN, NIC, failures=(NO_LIST,), extra=(read,))
    assert row.verdict is Verdict.EXPOSED


def test_a_network_without_admin_rules_needs_none() -> None:
    exempt = entry.network("vnet", {"default": "10.0.0.0/24"}, delegated="Microsoft.Sql/managedInstances")
    [row] = rows(exempt, PUBLIC, OPEN, NIC, failures=(REFUSED,))
    assert row.verdict is Verdict.EXPOSED


def test_what_no_nsg_lets_in_is_not_made_up() -> None:
    closed = azure.nsg("nsg")
    assert rows(VNET, PUBLIC, closed, NIC, failures=(REFUSED,)) == []


def test_what_is_one_address_away_stays_latent() -> None:
    [row] = rows(VNET, OPEN, azure.interface(nic_nsg=OPEN), failures=(REFUSED,))
    assert row.verdict is Verdict.LATENT


def test_a_firewalls_path_is_not_certain_either() -> None:
    policy = entry.firewall_policy([entry.nat_rule()])
    group = azure.nsg("nsg")
    found = rows(
        group,
        azure.virtual_network(subnet_nsg=group),
        entry.firewall_network(),
        PUBLIC,
        entry.firewall(PUBLIC, policy=policy[0]),
        *policy,
        azure.interface(),
        failures=(REFUSED,),
    )
    assert {row.verdict for row in found if row.entry_point is not None} == {Verdict.UNVERIFIED}


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("Microsoft.Sql/servers", {"publicNetworkAccess": "Enabled"}),
        ("Microsoft.Web/sites", {"publicNetworkAccess": "Enabled"}),
    ],
)
def test_services_whose_own_rules_were_not_read_are_unverified(kind: str, properties: Any) -> None:
    found = rows(entry.typed(kind, "one", properties), failures=())
    assert found and {row.verdict for row in found} == {Verdict.UNVERIFIED}
    assert all(row.note for row in found)


@pytest.mark.parametrize(
    ("properties", "state"),
    [
        ({"extended": {"instanceView": {"powerState": {"code": "PowerState/running"}}}}, "running"),
        (
            {
                "instanceView": {
                    "statuses": [
                        {"code": "ProvisioningState/succeeded"},
                        {"code": "PowerState/deallocated", "displayStatus": "VM deallocated"},
                    ]
                }
            },
            "deallocated",
        ),
        ({"instanceView": {"statuses": [{"code": "ProvisioningState/succeeded"}]}}, None),
        ({"instanceView": {"statuses": "x"}}, None),
        ({"instanceView": None, "extended": 3}, None),
        ({}, None),
    ],
)
def test_the_state_of_a_machine_from_either_source(properties: Any, state: str | None) -> None:
    machine = entry.typed("Microsoft.Compute/virtualMachines", "vm", properties)
    assert project_machine(machine)["state"] == state
    [row] = rows(VNET, PUBLIC, OPEN, NIC, machine, failures=())
    assert row.receiver_state == state


OTHER = "/subscriptions/99999999-2222-3333-4444-555555555555/resourceGroups/hub/providers"


def elsewhere(kind: str, name: str) -> str:
    return f"{OTHER}/Microsoft.Network/{kind}/{name}"


def named(*resources: Any) -> dict[str, str]:
    """What was not read: its lower-cased id and its type."""
    network = SubscriptionNetwork.build(map(project, resources))
    return {(one.resource_id or "").lower(): one.type or "" for one in network.unresolved}


@pytest.mark.parametrize(
    ("kind", "resources"),
    [
        ("networkSecurityGroups", lambda one: [azure.virtual_network(), azure.interface(nic_nsg=one)]),
        ("networkSecurityGroups", lambda one: [azure.virtual_network(subnet_nsg=one)]),
        ("publicIPAddresses", lambda one: [azure.virtual_network(), azure.interface(public=one)]),
        (
            "loadBalancers",
            lambda one: [azure.virtual_network(), azure.interface(pools=[f"{one}/backendAddressPools/p"])],
        ),
        (
            "loadBalancers",
            lambda one: [azure.virtual_network(), azure.interface(nat_rules=[f"{one}/inboundNatRules/r"])],
        ),
        ("networkInterfaces", lambda one: [azure.nsg("nsg", interfaces=[one])]),
        ("virtualNetworks", lambda one: [azure.nsg("nsg", subnets=[f"{one}/subnets/s"])]),
        (
            "networkInterfaces",
            lambda one: [
                PUBLIC,
                azure.load_balancer(
                    PUBLIC,
                    nat_rules=[
                        azure.forward(50001, 22, backendIPConfiguration={"id": f"{one}/ipConfigurations/c"})
                    ],
                ),
            ],
        ),
        (
            "firewallPolicies",
            lambda one: [entry.firewall_network(), PUBLIC, entry.firewall(PUBLIC, policy=one)],
        ),
        (
            "ipGroups",
            lambda one: [
                entry.firewall_network(),
                PUBLIC,
                *(policy := entry.firewall_policy([entry.nat_rule(sourceIpGroups=[one])])),
                entry.firewall(PUBLIC, policy=policy[0]),
            ],
        ),
    ],
)
def test_what_is_referred_to_in_another_subscription_is_named(kind: str, resources: Any) -> None:
    target = elsewhere(kind, "far")
    assert named(*resources(target)).get(target.lower()) == f"microsoft.network/{kind.lower()}"


def test_more_kinds_of_references() -> None:
    routes = azure.resource(elsewhere("routeTables", "rt"), "routeTables", {"routes": []})
    far_ip = azure.resource(elsewhere("publicIPAddresses", "pip"), "publicIPAddresses", {}, "Standard")
    gateway = entry.application_gateway(far_ip, [443])
    parent = entry.firewall_policy([], parent="base")
    found = named(
        azure.virtual_network(routes=routes),
        azure.load_balancer(far_ip, rules=[azure.forward(80, 80)], members=[]),
        gateway,
        entry.firewall_network(),
        entry.firewall(far_ip, policy=parent[0]),
        *parent,
    )
    assert found.get(routes.id.lower()) == "microsoft.network/routetables"
    assert found.get(far_ip.id.lower()) == "microsoft.network/publicipaddresses"
    assert found.get(azure.arm_id("firewallPolicies", "base").lower()) == "microsoft.network/firewallpolicies"


def test_the_network_of_an_interface_that_is_elsewhere_is_named() -> None:
    found = named(azure.interface(), azure.public_ip())
    assert found == {azure.arm_id("virtualNetworks", "vnet").lower(): "microsoft.network/virtualnetworks"}
