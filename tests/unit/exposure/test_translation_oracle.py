"""Destination NAT and subnets of unknown address against the brute-force evaluator, packet by packet.

Behind Azure Firewall the filters see a private address of its subnet: every address of the subnet is sent,
and what only some of them get through is not certain. Instances of a scale set have any address of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.exposure import Exposure
from shared.exposure import project_admin_rules
from tests.unit.exposure import azure
from tests.unit.exposure import azure_entry_points as more
from tests.unit.exposure.oracle import Network, Packet, Receiver, Rule, classes, is_public, passes, span
from tests.unit.exposure.random_networks import admin_answer, as_arm, networks

HUB = ip_network("10.0.2.0/29")
SUBNET = ip_network("10.0.0.0/29")
PORTS = (22, 80, 1500, 3389)
INSIDE = ("10.0.2.0/29", "10.0.2.0/30", "10.0.2.6", "10.0.0.0/8", "10.0.3.0/24")
DESTINATIONS = ("10.0.0.0/29", "10.0.0.4/30", "10.0.0.0/24")
CLIENTS = (
    ("*",),
    ("203.0.113.0/24",),
    ("0.0.0.0/1", "128.0.0.0/1"),
    ("10.0.0.0/8",),
    ("20.0.0.0/8", "10.0.0.0/8"),
)
QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FULL = settings(max_examples=4_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])

Table = dict[int, dict[str, str]]


@st.composite
def inner_networks(draw: st.DrawFn) -> Network:
    """A network with an IPv4 receiver, where rules also name private sources and parts of the subnet."""
    network = draw(networks(most=4))
    network = replace(network, receiver=Receiver("10.0.0.4", network.receiver.groups), default_route=False)
    for stage in (network.subnet, network.nic, network.admin):
        for number, rule in enumerate(stage or ()):
            if stage is not None and rule.priority < 65000 and draw(st.booleans()):
                stage[number] = replace(rule, sources=(draw(st.sampled_from((*INSIDE, "VirtualNetwork"))),))
            if stage is not None and rule.priority < 65000 and draw(st.integers(0, 3)) == 0:
                stage[number] = replace(
                    stage[number], destinations=(draw(st.sampled_from(DESTINATIONS)),), groups=frozenset()
                )
    return network


def as_seen_inside(network: Network) -> Network:
    """The rules for private sources: `Internet` is none of them, `VirtualNetwork` is all of them."""

    def seen(stage: list[Rule] | None) -> list[Rule] | None:
        if stage is None:
            return None
        return [replace(rule, sources=tuple(map(_private, rule.sources))) for rule in stage]

    return replace(
        network, subnet=seen(network.subnet), nic=seen(network.nic), admin=seen(network.admin), basic=True
    )


def _private(source: str) -> str:
    """A source as an address inside the network meets it."""
    return {"VirtualNetwork": "10.0.0.0/8", "Internet": "203.0.113.0/24"}.get(source, source)


def client_class(sources: tuple[str, ...]) -> str | None:
    """The class of those whom the NAT rule takes; each sampled source is all public or all private."""
    sizes = []
    for text in sources:
        found = (4, 0, 2**32 - 1) if text == "*" else span(text)
        assert found is not None
        _, low, high = found
        if is_public(4, low + (high - low) * 3 // 4):
            sizes.append(high - low + 1)
    if not sizes:
        return None
    return "internet" if sum(sizes) >= 2**24 else "limited"


def behind_the_firewall(network: Network, sources: tuple[str, ...]) -> Table:
    inside = as_seen_inside(network)
    who = client_class(sources)
    table: Table = {port: {} for port in PORTS}
    if who is None:
        return table
    for port in PORTS:
        outcomes = [passes(inside, Packet("tcp", port, 4, int(address)), False) for address in HUB]
        if all(sure for sure, _ in outcomes):
            table[port] = {"exposed": who}
        elif any(may for _, may in outcomes):
            table[port] = {"unverified": who}
    return table


def engine(network: Network, sources: tuple[str, ...]) -> Table:
    resources, extra = [], []
    subnet = nic = None
    if network.subnet is not None:
        subnet = azure.nsg("subnet-nsg", as_arm(network.subnet))
        resources.append(subnet)
    if network.nic is not None:
        nic = azure.nsg("nic-nsg", as_arm(network.nic))
        resources.append(nic)
    vnet = azure.virtual_network(subnet_nsg=subnet)
    if network.admin is not None:
        extra.append(project_admin_rules(vnet.id, admin_answer(network.admin)))
    public = azure.public_ip()
    rules = [
        more.nat_rule(
            name=f"p{port}",
            sourceAddresses=list(sources),
            destinationPorts=[str(port)],
            translatedPort=str(port),
        )
        for port in PORTS
    ]
    policy = more.firewall_policy(rules)
    joined = azure.join(
        *resources,
        vnet,
        more.firewall_network(prefix=str(HUB)),
        public,
        more.firewall(public, policy=policy[0]),
        *policy,
        azure.interface(address=network.receiver.address, nic_nsg=nic, asgs=network.receiver.groups),
        extra=extra,
    )
    return table_of(joined.exposures())


def table_of(exposures: Iterable[Exposure]) -> Table:
    table: Table = {port: {} for port in PORTS}
    for row in exposures:
        if row.entry_point is None or row.protocol.value != "tcp":
            continue
        for port in PORTS:
            for text in row.backend_ports:
                low, _, high = text.partition("-")
                if text == "*" or int(low) <= port <= int(high or low):
                    table[port][row.verdict.value] = row.source_class.value
    return table


RANK = {"tag": 1, "azure": 1, "limited": 2, "internet": 3}


def on_every_address(network: Network) -> Table:
    """What all addresses of the subnet get stands; what only some do is unverified, if it is more."""
    table: Table = {}
    for port in PORTS:
        seen = [classes(replace(network, receiver=Receiver(str(address))), "tcp", port) for address in SUBNET]
        shared = set(seen[0].items()).intersection(*(one.items() for one in seen))
        found = dict(shared)
        known = max((RANK[name] for _, name in shared), default=0)
        other = [name for one in seen for verdict, name in one.items() if (verdict, name) not in shared]
        worst = max(other, key=RANK.__getitem__, default=None)
        if worst is not None and RANK[worst] > known:
            found["unverified"] = worst
        table[port] = found
    return table


def instances(network: Network) -> Table:
    resources, extra = [], []
    subnet = nic = None
    if network.subnet is not None:
        subnet = azure.nsg("subnet-nsg", as_arm(network.subnet))
        resources.append(subnet)
    if network.nic is not None:
        nic = azure.nsg("nic-nsg", as_arm(network.nic))
        resources.append(nic)
    groups = {"default": subnet} if subnet is not None else {}
    vnet = more.network("vnet", {"default": str(SUBNET)}, groups=groups)
    if network.admin is not None:
        extra.append(project_admin_rules(vnet.id, admin_answer(network.admin)))
    pool = more.scale_set(public_sku="Basic" if network.basic else "Standard", nic_nsg=nic)
    return table_of(azure.join(*resources, vnet, pool, extra=extra).exposures())


def check_translation(network: Network, sources: tuple[str, ...]) -> None:
    assert engine(network, sources) == behind_the_firewall(network, sources)


def check_instances(network: Network) -> None:
    network = replace(network, receiver=Receiver("10.0.0.4"))
    assert instances(network) == on_every_address(network)


@QUICK
@given(inner_networks(), st.sampled_from(CLIENTS))
def test_translated_packets(network: Network, sources: tuple[str, ...]) -> None:
    check_translation(network, sources)


@QUICK
@given(inner_networks())
def test_instances_of_a_scale_set(network: Network) -> None:
    check_instances(network)


@pytest.mark.slow
@FULL
@given(inner_networks(), st.sampled_from(CLIENTS))
def test_translated_packets_in_full(network: Network, sources: tuple[str, ...]) -> None:
    check_translation(network, sources)


@pytest.mark.slow
@FULL
@given(inner_networks())
def test_instances_of_a_scale_set_in_full(network: Network) -> None:
    check_instances(network)
