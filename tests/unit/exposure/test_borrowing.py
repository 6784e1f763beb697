"""An estate says the same, whichever subscriptions its resources lie in.

But for interfaces, which Azure makes only in the subscription of their virtual network
(https://learn.microsoft.com/azure/virtual-network/network-overview, "Network interfaces").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.resource import Resource
from shared.exposure.borrowing import foreign_references, is_wanted
from shared.exposure.network import SubscriptionNetwork
from shared.exposure.projection import project
from shared.rules.base import RuleScope
from shared.rules.registry import all_rules
from tests.unit.exposure import azure

OTHER = "99999999-8888-7777-6666-555555555555"
ROUNDS = 4
Projections = Sequence[Mapping[str, Any]]

openings = st.lists(st.sampled_from(("22", "80", "3389", "*")), max_size=2, unique=True)


def estate(on_subnet: Iterable[str], on_nic: Iterable[str], lone: Iterable[str]) -> Projections:
    """Two machines behind NSGs, one with an address of its own, both behind a load balancer; a lone NSG."""

    def group(name: str, ports: Iterable[str], **at: Any) -> Resource:
        rules = [
            azure.rule(f"r{n}", priority=100 + n, destinationPortRange=one) for n, one in enumerate(ports)
        ]
        return azure.nsg(name, rules, **at)

    outer = group("outer", on_subnet, subnets=[azure.subnet_id()])
    inner = group("inner", on_nic, interfaces=[azure.arm_id("networkInterfaces", "one")])
    public, front = azure.public_ip(), azure.public_ip("front", "20.1.2.9")
    routes = azure.route_table("r", "10.9.0.0/16")
    first = azure.interface("one", public=public, nic_nsg=inner, machine="vm-1", pools=[azure.pool_id()])
    second = azure.interface("two", address="10.0.0.5", machine="vm-2", pools=[azure.pool_id()])
    balancer = azure.load_balancer(
        front, members=["one", "two"], rules=[azure.forward(2222, 22), azure.forward(443, 80)]
    )
    network = azure.virtual_network(subnet_nsg=outer, routes=routes)
    # Interfaces and their virtual network are the last: they lie in one subscription always.
    everything = [outer, inner, group("lone", lone), public, front, routes, balancer, first, second, network]
    return [project(one) for one in everything]


def spread(projections: Projections, elsewhere: Sequence[bool]) -> Projections:
    """The same, some of it moved to the other subscription: ids and references to them."""
    text = json.dumps(projections)
    for one, moved in zip(projections, elsewhere, strict=True):
        if moved:
            target = re.escape(one["id"]) + r'(?=["/])'
            text = re.sub(
                target, lambda m: m[0].replace(azure.SUBSCRIPTION, OTHER), text, flags=re.IGNORECASE
            )
    found: Projections = json.loads(text)
    return found


def of(subscription: str, projections: Projections) -> Projections:
    return [one for one in projections if one["id"].startswith(f"/subscriptions/{subscription}/")]


def joined(subscription: str, everything: Projections) -> SubscriptionNetwork:
    """One subscription's network with what it borrows, as a relation does it."""
    own = of(subscription, everything)
    others = [one for one in everything if one not in own]
    borrowed: list[Mapping[str, Any]] = []
    wanted = foreign_references(subscription, own)
    for _ in range(ROUNDS):
        found = [one for one in others if one not in borrowed and is_wanted(one, wanted)]
        borrowed += found
        wanted = foreign_references(subscription, found)
    return SubscriptionNetwork.build(own, borrowed=borrowed)


def said(networks: Iterable[SubscriptionNetwork]) -> tuple[list[str], list[str], list[str]]:
    """Rows of the exposure table, results of the rules, and what is named as not read; in order."""
    rows, results, unread = [], [], []
    for network in networks:
        rows += [row.model_dump_json() for row in network.exposures()]
        unread += [str(failure.resource_id) for failure in network.unresolved]
        for rule in all_rules():
            if rule.metadata.scope is RuleScope.NETWORK:
                results += [
                    f"{one.rule_id} {one.resource_id} {one.status} {one.reason} "
                    f"{[(o.severity, o.description, o.fingerprint) for o in one.observations]}"
                    for one in rule.evaluate(network)
                ]
    return sorted(rows), sorted(results), sorted(unread)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(openings, openings, openings, st.lists(st.booleans(), min_size=8, max_size=8))
def test_the_same_is_said_of_an_estate_over_two_subscriptions(
    on_subnet: list[str], on_nic: list[str], lone: list[str], elsewhere: list[bool]
) -> None:
    everything = spread(estate(on_subnet, on_nic, lone), [*elsewhere, elsewhere[-1], elsewhere[-1]])
    whole = SubscriptionNetwork.build(everything)
    parts = [joined(subscription, everything) for subscription in (azure.SUBSCRIPTION, OTHER)]
    assert said(parts) == said([whole])
    assert said(parts)[2] == []


def test_what_is_not_in_the_scan_stays_named() -> None:
    everything = spread(estate(["22"], ["22"], []), [True, *[False] * 9])
    own = of(azure.SUBSCRIPTION, everything)
    network = SubscriptionNetwork.build(own)
    assert [one.resource_id for one in network.unresolved] == [of(OTHER, everything)[0]["id"].lower()]
    assert foreign_references(azure.SUBSCRIPTION, own) == {of(OTHER, everything)[0]["id"].lower()}
