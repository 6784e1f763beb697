"""The engine against the brute-force evaluator on random networks."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given, settings

from shared.exposure import project_admin_rules
from tests.unit.exposure import azure
from tests.unit.exposure.oracle import Network, classes
from tests.unit.exposure.random_networks import admin_answer, as_arm, networks

SAMPLED_PORTS = (0, 20, 22, 23, 24, 80, 81, 1024, 3389)
"""One port of every run that the generated rules tell apart."""
RANK = {"tag": 1, "azure": 1, "limited": 2, "internet": 3}
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FULL = settings(max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])

Table = dict[tuple[str, int], dict[str, str]]


def engine(network: Network) -> Table:
    """Class by verdict for each protocol and sampled port, from the rows of the exposure table."""
    resources, extra = [], []
    subnet = nic = routes = None
    if network.subnet is not None:
        subnet = azure.nsg("subnet-nsg", as_arm(network.subnet))
        resources.append(subnet)
    if network.nic is not None:
        nic = azure.nsg("nic-nsg", as_arm(network.nic))
        resources.append(nic)
    if network.default_route:
        prefix = "0.0.0.0/0" if network.receiver.version == 4 else "::/0"
        routes = azure.route_table("routes", prefix)
        resources.append(routes)
    vnet = azure.virtual_network(subnet_nsg=subnet, routes=routes)
    if network.admin is not None:
        extra.append(project_admin_rules(vnet.id, admin_answer(network.admin)))
    public = azure.public_ip(sku="Basic" if network.basic else "Standard")
    receiver = azure.interface(
        address=network.receiver.address, public=public, nic_nsg=nic, asgs=network.receiver.groups
    )
    found: Table = defaultdict(dict)
    for row in azure.join(*resources, vnet, public, receiver, extra=extra).exposures():
        if row.entry_point is None:
            continue
        for port in SAMPLED_PORTS:
            if any(covers(text, port) for text in row.backend_ports):
                assert row.verdict.value not in found[row.protocol.value, port], (
                    "two classes with one verdict"
                )
                found[row.protocol.value, port][row.verdict.value] = row.source_class.value
    return found


def covers(text: str, port: int) -> bool:
    low, _, high = text.partition("-")
    return text == "*" or int(low) <= port <= int(high or low)


def brute_force(network: Network) -> Table:
    table: Table = {}
    for protocol in ("tcp", "udp", "icmp"):
        for port in SAMPLED_PORTS if protocol != "icmp" else SAMPLED_PORTS[:1]:
            table[protocol, port] = classes(network, protocol, port)
    return table


def check_exact(network: Network) -> None:
    found = engine(network)
    for key, expected in brute_force(network).items():
        assert found.get(key, {}) == expected, key


def check_never_less(network: Network) -> None:
    """With tags that two stages name, the engine may say more, never less."""
    found = engine(network)
    for key, expected in brute_force(network).items():
        known = found.get(key, {})
        for verdict, name in expected.items():
            surest = [known[one] for one in ("exposed", "unverified", "possible") if one in known]
            if verdict == "exposed":
                surest = [known["exposed"]] if "exposed" in known else []
            assert surest and max(RANK[one] for one in surest) >= RANK[name], key


@QUICK
@given(networks())
def test_without_tags_every_row_is_exact(network: Network) -> None:
    check_exact(network)


@QUICK
@given(networks(tags=True))
def test_with_tags_nothing_is_missed(network: Network) -> None:
    check_never_less(network)


@QUICK
@given(networks(tags=True).filter(lambda one: one.admin is None and (one.subnet is None or one.nic is None)))
def test_with_tags_one_group_is_exact(network: Network) -> None:
    check_exact(network)


@pytest.mark.slow
@FULL
@given(networks())
def test_without_tags_every_row_is_exact_in_full(network: Network) -> None:
    check_exact(network)


@pytest.mark.slow
@FULL
@given(networks(tags=True))
def test_with_tags_nothing_is_missed_in_full(network: Network) -> None:
    check_never_less(network)
