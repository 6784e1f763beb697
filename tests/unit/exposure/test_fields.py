"""The forms in which Azure writes ports and addresses."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.exposure import SourceClass
from shared.exposure.addresses import PUBLIC_IPV4, PrefixKind, parse_prefix
from shared.exposure.intervals import contains, size
from shared.exposure.nsg import read_rules
from shared.exposure.ports import ALL_PORTS, parse_ports, ports_of, write_ports
from shared.exposure.sources import SourceSet, classify, parse_sources
from tests.unit.exposure import azure


@pytest.mark.parametrize(
    ("texts", "written"),
    [
        (("*",), ("*",)),
        (("any",), ("*",)),
        (("0-65535",), ("*",)),
        (("0-1023", "1024-65535"), ("*",)),
        (("22",), ("22",)),
        (("25", "20-24"), ("20-25",)),
        (("22,80", "443"), ("22", "80", "443")),
        ((" 8080 - 8081 ",), ("8080-8081",)),
    ],
)
def test_ports(texts: tuple[str, ...], written: tuple[str, ...]) -> None:
    assert write_ports(parse_ports(texts)) == written


@pytest.mark.parametrize("text", ["", "22-", "-22", "65536", "25-20", "ssh", "²", "1-2-3", "2" * 401])
def test_ports_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ValueError, match="port"):
        parse_ports((text,))


@given(st.sets(st.integers(0, 65535), max_size=8))
def test_written_ports_read_back(numbers: set[int]) -> None:
    ports = ports_of(*numbers)
    assert parse_ports(write_ports(ports)) == ports
    assert all(contains(ports, number) for number in numbers) and size(ports) == len(numbers)


def test_all_ports_hold_every_port() -> None:
    assert size(ALL_PORTS) == 65536


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_blocks_are_those_of_the_standard_library(address: object, length: int) -> None:
    prefix, network = parse_prefix(f"{address}/{length}"), ip_network(f"{address}/{length}", strict=False)
    assert (prefix.kind, prefix.low, prefix.high) == (
        PrefixKind.RANGE,
        int(network[0]),
        int(network[-1]) + 1,
    )


@pytest.mark.parametrize("text", ["*", "any", "Any", "ANY"])
def test_any_address(text: str) -> None:
    assert parse_prefix(text).kind is PrefixKind.ANY


@pytest.mark.parametrize("text", ["Storage.WestEurope", "AzureCloud", "Internet", "VirtualNetwork"])
def test_tags_are_compared_without_case(text: str) -> None:
    assert parse_prefix(text) == parse_prefix(text.upper())
    assert parse_prefix(text).kind is PrefixKind.TAG


@pytest.mark.parametrize(
    "text",
    [
        "",
        "300.1.1.1",
        "10.0.0.0/33",
        "10.0.0.9-10.0.0.1",
        "10.0.0.1-::1",
        "::/129",
        "1.2.3",
        "a b",
        "x" * 129,
    ],
)
def test_addresses_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        parse_prefix(text)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("20.0.0.0/8", SourceClass.INTERNET),
        ("20.0.0.0/9", SourceClass.LIMITED),
        ("203.0.113.0/24", SourceClass.LIMITED),
        ("10.0.0.0/8", None),
        ("100.64.0.0/10", None),
        ("168.63.129.16", None),
        ("VirtualNetwork", None),
        ("AzureLoadBalancer", None),
        ("AzureCloud.westeurope", SourceClass.AZURE),
        ("GatewayManager", SourceClass.TAG),
    ],
)
def test_class_of_one_source(source: str, expected: SourceClass | None) -> None:
    sources = parse_sources((source,))
    assert classify(SourceSet(sources.ipv4, sources.tags), 4) is expected


def test_internet_of_ipv6_needs_2_to_the_120() -> None:
    assert classify(SourceSet(parse_sources(("2000::/8",)).ipv6, frozenset()), 6) is SourceClass.INTERNET
    assert classify(SourceSet(parse_sources(("2000::/9",)).ipv6, frozenset()), 6) is SourceClass.LIMITED


def test_public_space_leaves_out_what_no_stranger_has() -> None:
    for text in (
        "10.1.2.3",
        "172.31.255.255",
        "192.168.0.1",
        "127.0.0.1",
        "169.254.1.1",
        "224.0.0.1",
        "0.0.0.0",
    ):
        assert not contains(PUBLIC_IPV4, parse_prefix(text).low)
    for text in ("8.8.8.8", "172.32.0.0", "11.0.0.0", "203.0.113.7"):
        assert contains(PUBLIC_IPV4, parse_prefix(text).low)


@pytest.mark.parametrize(
    ("fields", "stops"),
    [
        ({"sourcePortRange": "*"}, True),
        ({"sourcePortRange": None}, True),
        ({"sourcePortRange": "1-65535"}, True),
        ({"sourcePortRange": None, "sourcePortRanges": ["0-1023", "1024-65535"]}, True),
        ({"sourcePortRange": "443"}, False),
        ({"sourcePortRange": "1024-65535"}, False),
        ({"sourcePortRange": "443", "protocol": "Icmp", "destinationPortRange": "*"}, True),
    ],
)
def test_a_deny_for_some_source_ports_stops_nobody(fields: dict[str, Any], stops: bool) -> None:
    rule = azure.rule(access="Deny", **fields)
    assert len(read_rules({"securityRules": [rule]})) == stops


def test_source_ports_that_cannot_be_read() -> None:
    with pytest.raises(ValueError, match=r"securityRules\[0\].properties.sourcePortRange\(s\): not a port"):
        read_rules({"securityRules": [azure.rule(sourcePortRange="ssh")]})
