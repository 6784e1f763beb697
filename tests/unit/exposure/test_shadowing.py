"""Shadowed rules against an enumeration of every kind of packet that the rules could tell apart."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address, ip_network
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.exposure.shadowing import shadowed_rules
from tests.unit.exposure.azure import rule

PREFIXES = ("*", "10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "10.0.0.0/16", "0.0.0.0/0", "::/0", "fd00::/8")
PORTS = ("*", "22", "20-30", "23-65535", "0-22")
PROTOCOLS = ("*", "Tcp", "Udp", "Icmp")
# One address and port of every kind that those tell apart, and protocols named by no rule.
UNKNOWN = "unknown"
"""Stands for what a service tag may mean, which only `*` is sure to hold."""
ADDRESSES = ("10.0.0.1", "10.1.0.1", "10.200.0.1", "20.0.0.1", "fd00::1", "2001:db8::1", UNKNOWN)
PORT_SAMPLES = (0, 20, 22, 23, 30, 31, 65535)
PACKET_PROTOCOLS = ("tcp", "udp", "icmp", "gre")


@st.composite
def rules(draw: st.DrawFn) -> list[dict[str, Any]]:
    count = draw(st.integers(2, 5))
    return [
        rule(
            f"r{n}",
            priority=100 + n,
            access=draw(st.sampled_from(("Allow", "Deny"))),
            direction=draw(st.sampled_from(("Inbound", "Inbound", "Outbound"))),
            protocol=draw(st.sampled_from(PROTOCOLS)),
            sourceAddressPrefix=draw(st.sampled_from(PREFIXES)),
            destinationAddressPrefix=draw(st.sampled_from(PREFIXES[:4])),
            sourcePortRange=draw(st.sampled_from(PORTS[:2])),
            destinationPortRange=draw(st.sampled_from(PORTS)),
        )
        for n in range(count)
    ]


@cache
def in_prefix(prefix: str, address: str) -> bool:
    return prefix == "*" or (address != UNKNOWN and ip_address(address) in ip_network(prefix))


@cache
def in_ports(ports: str, port: int) -> bool:
    low, _, high = ports.partition("-")
    return ports == "*" or int(low) <= port <= int(high or low)


def deciding(properties: list[dict[str, Any]], direction: str) -> set[int]:
    """Numbers of the rules that are the first to match some packet."""
    found: set[int] = set()
    mine = [(n, one) for n, one in enumerate(properties) if one["direction"] == direction]
    sources = (ADDRESSES, (7, 22))
    for protocol, source, source_port, target, port in product(
        PACKET_PROTOCOLS, *sources, ADDRESSES, PORT_SAMPLES
    ):
        for number, one in mine:
            if (
                one["protocol"] in ("*", protocol.capitalize())
                and in_ports(one["destinationPortRange"], port)
                and in_ports(one["sourcePortRange"], source_port)
                and in_prefix(one["sourceAddressPrefix"], source)
                and in_prefix(one["destinationAddressPrefix"], target)
            ):
                found.add(number)
                break
    return found


@settings(max_examples=120, deadline=None)
@given(rules())
def test_exactly_the_rules_that_decide_no_packet(drawn: list[dict[str, Any]]) -> None:
    properties = [one["properties"] for one in drawn]
    decide = deciding(properties, "Inbound") | deciding(properties, "Outbound")
    found = {one.name for one in shadowed_rules({"securityRules": drawn})}
    assert found == {f"r{n}" for n in range(len(drawn)) if n not in decide}


@pytest.mark.parametrize(
    ("before", "after", "shadowed"),
    [
        ("AzureCloud", "AzureCloud.westeurope", True),
        ("*", "Internet", True),
        ("Internet", "Internet", True),
        ("AzureCloud.westeurope", "AzureCloud", False),
        ("0.0.0.0/0", "Internet", False),
        ("Internet", "20.0.0.0/8", False),
        ("Internet", "*", False),
    ],
)
def test_words_cover_only_what_they_surely_hold(before: str, after: str, shadowed: bool) -> None:
    listed = [rule("a", sourceAddressPrefix=before), rule("b", priority=200, sourceAddressPrefix=after)]
    assert bool(shadowed_rules({"securityRules": listed})) is shadowed


def test_application_security_groups_cover_themselves() -> None:
    def to(name: str, priority: int, *groups: str) -> dict[str, Any]:
        listed = [{"id": f"/asg/{one}"} for one in groups]
        return rule(
            name,
            priority=priority,
            destinationAddressPrefix=None,
            destinationApplicationSecurityGroups=listed,
        )

    assert [
        one.name
        for one in shadowed_rules({"securityRules": [to("both", 100, "A", "b"), to("one", 110, "a")]})
    ] == ["one"]
    assert shadowed_rules({"securityRules": [to("one", 100, "a"), to("both", 110, "a", "b")]}) == []


def test_too_many_pieces_are_taken_to_decide_something() -> None:
    holes = [
        rule(f"h{n}", priority=100 + n, sourceAddressPrefix=f"10.0.{n}.0/24", destinationPortRange=str(n))
        for n in range(200)
    ]
    assert (
        shadowed_rules({"securityRules": [*holes, rule("last", priority=4000, destinationPortRange="*")]})
        == []
    )


def test_a_source_port_that_is_missing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"securityRules\[0\]\.properties\.sourcePortRange: missing"):
        shadowed_rules({"securityRules": [rule(sourcePortRange=None)]})
