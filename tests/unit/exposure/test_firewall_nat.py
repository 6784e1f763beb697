"""Destination NAT of Azure Firewall as an entry point: the worked examples G16-G18, and what is not known."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.exposure import Exposure
from shared.domain.resource import Resource, UnreadableResourceError
from shared.exposure import SubscriptionNetwork, path_in_words, project
from tests.unit.exposure import azure
from tests.unit.exposure import azure_entry_points as more

PUBLIC = azure.public_ip()


def estate(
    *extra: Resource,
    rules: list[dict[str, Any]] | None = None,
    subnet_rules: list[dict[str, Any]] | None = None,
    hub: Resource | None = None,
    nic: Resource | None = None,
) -> SubscriptionNetwork:
    """A firewall with a policy in a hub, and an interface with an NSG in a network that is peered with it."""
    nsg = azure.nsg("nsg", subnet_rules or [])
    policy = more.firewall_policy(rules if rules is not None else [more.nat_rule()])
    return azure.join(
        nsg,
        azure.virtual_network(subnet_nsg=nsg),
        hub or more.firewall_network(),
        PUBLIC,
        more.firewall(PUBLIC, policy=policy[0]),
        *policy,
        nic or azure.interface(),
        *extra,
    )


def notation(network: SubscriptionNetwork) -> list[tuple[str, ...]]:
    return [
        (
            row.protocol.value,
            ",".join(row.ports),
            ",".join(row.backend_ports),
            row.source_class.value,
            row.verdict.value,
        )
        for row in rows(network)
    ]


def rows(network: SubscriptionNetwork) -> list[Exposure]:
    return [row for row in network.exposures() if row.entry_point is not None]


def deny(source: str, priority: int = 100, **fields: Any) -> dict[str, Any]:
    return azure.rule(
        "no",
        access="Deny",
        priority=priority,
        sourceAddressPrefix=source,
        destinationPortRange="*",
        protocol="*",
        **fields,
    )


EXPOSED = [("tcp", "3389", "3389", "internet", "exposed")]
UNVERIFIED = [("tcp", "3389", "3389", "internet", "unverified")]


@pytest.mark.parametrize("spelling", ["policy", "classic"], ids=["G16-policy", "G16-classic"])
def test_g16_the_virtual_network_lets_the_firewall_in(spelling: str) -> None:
    network = estate()
    if spelling == "classic":
        nsg = azure.nsg("nsg")
        network = azure.join(
            nsg,
            azure.virtual_network(subnet_nsg=nsg),
            more.firewall_network(),
            PUBLIC,
            more.firewall(PUBLIC, classic=[more.nat_rule()]),
            azure.interface(),
        )
    assert notation(network) == EXPOSED
    [row] = rows(network)
    assert (row.entry_point, row.public_ip) == (PUBLIC.id, "20.1.2.3")
    assert row.resource_id == azure.arm_id("networkInterfaces", "nic")
    assert [(step.stage, step.rule, step.priority) for step in row.path] == [
        ("public_ip", None, None),
        ("firewall_nat_rule", None, None),
        ("subnet_nsg", "AllowVnetInBound", 65000),
        ("network_interface", None, None),
    ]
    assert path_in_words(row) == (
        "internet -> 20.1.2.3 -> rdp -> nic; allowed by nsg rule 'AllowVnetInBound' (65000)"
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("10.0.2.0/26", [], id="G17"),
        pytest.param("VirtualNetwork", [], id="G17-tag"),
        pytest.param("*", [], id="G17-anybody"),
        pytest.param("10.0.0.0/8", [], id="G17-wider"),
        pytest.param("Internet", EXPOSED, id="strangers-are-not-asked-about"),
        pytest.param("10.0.3.0/24", EXPOSED, id="another-subnet"),
        pytest.param("10.0.2.4", UNVERIFIED, id="one-of-the-subnet"),
        pytest.param("AzureLoadBalancer", EXPOSED, id="probes"),
    ],
)
def test_g17_a_deny_of_the_firewalls_subnet(source: str, expected: list[tuple[str, ...]]) -> None:
    assert notation(estate(subnet_rules=[deny(source)])) == expected


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        pytest.param(["203.0.113.0/24"], [("tcp", "3389", "3389", "limited", "exposed")], id="G18"),
        pytest.param(["0.0.0.0/1", "128.0.0.0/1"], EXPOSED, id="union"),
        pytest.param(["10.0.0.0/8"], [], id="private"),
        pytest.param(["AzureCloud"], [("tcp", "3389", "3389", "azure", "exposed")], id="tag"),
    ],
)
def test_g18_sources_of_the_nat_rule(sources: list[str], expected: list[tuple[str, ...]]) -> None:
    assert notation(estate(rules=[more.nat_rule(sourceAddresses=sources)])) == expected


def test_the_filters_see_the_translated_port() -> None:
    rule = more.nat_rule(destinationPorts=["50001"], translatedPort="22")
    denied = [deny("VirtualNetwork", 200)]
    assert notation(estate(rules=[rule], subnet_rules=denied)) == []
    allowed = azure.rule("ssh", sourceAddressPrefix="10.0.2.0/26")
    assert notation(estate(rules=[rule], subnet_rules=[allowed, *denied])) == [
        ("tcp", "50001", "22", "internet", "exposed")
    ]


def test_ip_groups_are_resolved_and_unread_ones_named() -> None:
    rule = more.nat_rule(sourceAddresses=[], sourceIpGroups=[azure.arm_id("ipGroups", "office")])
    known = estate(more.ip_group(["203.0.113.0/24"]), rules=[rule])
    assert notation(known) == [("tcp", "3389", "3389", "limited", "exposed")]
    unread = estate(rules=[rule])
    assert notation(unread) == UNVERIFIED
    assert [one.resource_id for one in unread.unresolved] == [azure.arm_id("ipGroups", "office").lower()]


def test_rules_for_other_addresses_of_a_shared_policy_lead_nowhere() -> None:
    assert notation(estate(rules=[more.nat_rule(destinationAddresses=["20.9.9.9"])])) == []


@pytest.mark.parametrize(
    "fields",
    [{"translatedAddress": "10.0.0.77"}, {"translatedAddress": None, "translatedFqdn": "db.internal"}],
    ids=["address", "host"],
)
def test_a_receiver_that_was_not_read_is_not_silently_clean(fields: dict[str, Any]) -> None:
    network = estate(rules=[more.nat_rule(**fields)])
    [row] = rows(network)
    assert notation(network) == UNVERIFIED
    assert row.resource_id == azure.arm_id("azureFirewalls", "fw")
    assert row.note and "translated address" in row.note


def test_policy_and_groups_that_were_not_read_are_named() -> None:
    policy, group = more.firewall_policy([more.nat_rule()])
    fixed = [more.firewall_network(), PUBLIC, azure.virtual_network(), azure.interface()]
    without = azure.join(*fixed, more.firewall(PUBLIC, policy=policy))
    assert [one.resource_id for one in without.unresolved] == [policy.key]
    half = azure.join(*fixed, more.firewall(PUBLIC, policy=policy), policy)
    assert [one.resource_id for one in half.unresolved] == [group.key]


def test_rules_of_a_parent_policy_are_unverified() -> None:
    parent = more.firewall_policy([more.nat_rule()], name="base")
    child = more.firewall_policy([], parent="base")
    network = azure.join(
        more.firewall_network(),
        PUBLIC,
        azure.virtual_network(),
        more.firewall(PUBLIC, policy=child[0]),
        *parent,
        *child,
        azure.interface(),
    )
    assert notation(network) == UNVERIFIED


def test_an_address_of_a_network_that_is_not_peered_is_unverified() -> None:
    assert notation(estate(hub=more.firewall_network(peers=()))) == UNVERIFIED


def test_of_two_with_one_address_the_one_in_a_peered_network_receives() -> None:
    twin = azure.interface("twin", network="island")
    found = rows(estate(twin, azure.virtual_network("island")))
    assert [(row.resource_id, row.verdict.value) for row in found] == [
        (azure.arm_id("networkInterfaces", "nic"), "exposed")
    ]


def test_without_a_group_the_translated_packet_gets_through() -> None:
    policy = more.firewall_policy([more.nat_rule()])
    network = azure.join(
        azure.virtual_network(),
        more.firewall_network(),
        PUBLIC,
        more.firewall(PUBLIC, policy=policy[0]),
        *policy,
        azure.interface(),
    )
    assert notation(network) == EXPOSED


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"sourceAddresses": ["x y"]}, "sourceAddresses"),
        ({"sourceAddresses": []}, "sourceAddresses"),
        ({"destinationPorts": ["70000"]}, "destinationPorts"),
        ({"translatedPort": "rdp"}, "translatedPort"),
        ({"translatedAddress": None}, "translatedAddress"),
        ({"ipProtocols": ["GRE"]}, "ipProtocols"),
    ],
)
def test_rule_that_cannot_be_read(fields: dict[str, Any], field: str) -> None:
    _, group = more.firewall_policy([more.nat_rule(**fields)])
    with pytest.raises(UnreadableResourceError) as caught:
        project(group)
    assert caught.value.reason.startswith(f"properties.ruleCollections[0].rules[0].{field}:")
