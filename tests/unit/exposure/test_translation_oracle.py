"""Destination NAT and subnets of unknown address against the brute-force evaluator, packet by packet.

Behind Azure Firewall the filters see a private address of its subnet: every address of the subnet is sent, and
what only some of them get through is not certain.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.exposure import project_admin_rules
from tests.unit.exposure import azure
from tests.unit.exposure import azure_entry_points as more
from tests.unit.exposure.oracle import Network, Packet, Receiver, is_public, passes, span
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

    def seen(stage: list[object] | None) -> list[object] | None:
        if stage is None:
            return None
        return [
            replace(
                rule,
                sources=tuple(
                    "10.0.0.0/8" if one == "VirtualNetwork" else one
                    for one in rule.sources
                    if one != "Internet"
                ),
            )  # type: ignore[attr-defined,type-var]
            for rule in stage
        ]

    return replace(
        network, subnet=seen(network.subnet), nic=seen(network.nic), admin=seen(network.admin), basic=True
    )  # type: ignore[arg-type]


def client_class(sources: tuple[str, ...]) -> str | None:
    """The class of those whom the NAT rule takes, counted host by host."""
    hosts = 0
    for text in sources:
        found = (4, 0, 2**32 - 1) if text == "*" else span(text)
        assert found is not None
        hosts += (
            found[2] - found[1] + 1
            if text in ("*",) or is_public(4, found[1] + 2**24) or found[2] - found[1] < 2**24
            else 0
        )
    private = {"10.0.0.0/8"}
    if set(sources) <= private:
        return None
    return "internet" if hosts >= 2**24 else "limited"


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


def table_of(exposures: object) -> Table:
    table: Table = {port: {} for port in PORTS}
    for row in exposures:  # type: ignore[attr-defined]
        if row.entry_point is None or row.protocol.value != "tcp":
            continue
        for port in PORTS:
            for text in row.backend_ports:
                low, _, high = text.partition("-")
                if text == "*" or int(low) <= port <= int(high or low):
                    table[port][row.verdict.value] = row.source_class.value
    return table


def check_translation(network: Network, sources: tuple[str, ...]) -> None:
    assert engine(network, sources) == behind_the_firewall(network, sources)


@QUICK
@given(inner_networks(), st.sampled_from(CLIENTS))
def test_translated_packets(network: Network, sources: tuple[str, ...]) -> None:
    check_translation(network, sources)


@pytest.mark.slow
@FULL
@given(inner_networks(), st.sampled_from(CLIENTS))
def test_translated_packets_in_full(network: Network, sources: tuple[str, ...]) -> None:
    check_translation(network, sources)
