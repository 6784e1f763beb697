"""Service tags that nobody can expand, and matches that Azure leaves open."""

from __future__ import annotations

from typing import Any

import pytest

from shared.exposure import project_admin_rules
from tests.unit.exposure import azure


def verdicts(
    *rules: dict[str, Any],
    nic_rules: list[dict[str, Any]] | None = None,
    admin: list[dict[str, Any]] | None = None,
    address: str = "10.0.0.4",
) -> list[tuple[str, str]]:
    """Verdict and class of the TCP rows of one interface with a Standard public address."""
    subnet, public = azure.nsg("subnet", rules), azure.public_ip()
    nic = None if nic_rules is None else azure.nsg("nic", nic_rules)
    network = azure.virtual_network(subnet_nsg=subnet)
    extra = [] if admin is None else [project_admin_rules(network.id, {"value": admin})]
    receiver = azure.interface(address=address, public=public, nic_nsg=nic)
    resources = [subnet, public, network, receiver, *([nic] if nic else [])]
    found = azure.join(*resources, extra=extra).exposures()
    return [(row.verdict.value, row.source_class.value) for row in found if row.protocol.value == "tcp"]


def admin_rule(access: str, priority: int, source: str) -> dict[str, Any]:
    properties = {
        "priority": priority,
        "direction": "Inbound",
        "access": access,
        "protocol": "Any",
        "sources": [{"addressPrefix": source}],
    }
    return {"id": f"/admin/{priority}", "properties": properties}


def deny(source: str, priority: int = 100) -> dict[str, Any]:
    return azure.rule("no", access="Deny", priority=priority, sourceAddressPrefix=source)


def allow(source: str, priority: int = 200) -> dict[str, Any]:
    return azure.rule("yes", priority=priority, sourceAddressPrefix=source)


@pytest.mark.parametrize("denied", ["AzureCloud", "azurecloud", "Internet", "*"])
@pytest.mark.parametrize("allowed", ["AzureCloud", "AzureCloud.westeurope"])
def test_a_denied_tag_is_not_allowed_later(denied: str, allowed: str) -> None:
    assert verdicts(deny(denied), allow(allowed)) == []


def test_a_denied_region_leaves_the_rest_of_the_tag() -> None:
    assert verdicts(deny("AzureCloud.westeurope"), allow("AzureCloud")) == [("exposed", "azure")]


@pytest.mark.parametrize("tag", ["AzureCloud", "Storage", "VirtualNetwork"])
def test_a_denied_tag_takes_nothing_from_the_internet(tag: str) -> None:
    assert verdicts(deny(tag), allow("*")) == [("exposed", "internet")]


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ("Internet", "AzureCloud", [("exposed", "azure")]),
        ("AzureCloud", "AzureCloud.westeurope", [("exposed", "azure")]),
        ("AzureCloud", "Storage", [("exposed", "tag")]),
        ("AzureCloud.eastus", "AzureCloud.westeurope", []),
        ("203.0.113.0/24", "AzureCloud", [("exposed", "limited")]),
        ("Internet", "VirtualNetwork", []),
    ],
)
def test_two_stages(outer: str, inner: str, expected: list[tuple[str, str]]) -> None:
    assert verdicts(allow(outer), nic_rules=[allow(inner)]) == expected
    assert verdicts(allow(inner), nic_rules=[allow(outer)]) == expected


def test_doubtful_always_allow_before_an_open_group_changes_nothing() -> None:
    """Delivered past the NSG or let through by it: 22 is open either way."""
    found = verdicts(allow("*"), admin=[admin_rule("AlwaysAllow", 1, "0.0.0.0/0")], address="fd00::4")
    assert found[0] == ("exposed", "internet")


def test_doubtful_allow_before_an_always_allow_leaves_it_unverified() -> None:
    """If 0.0.0.0/0 matches IPv6, the closed NSG is asked; if not, packets are delivered past it."""
    admin = [admin_rule("Allow", 1, "0.0.0.0/0"), admin_rule("AlwaysAllow", 2, "*")]
    assert verdicts(admin=admin, address="fd00::4") == [("unverified", "internet")]


def test_doubtful_deny_leaves_it_unverified() -> None:
    assert verdicts(deny("0.0.0.0/0"), allow("*"), address="fd00::4") == [("unverified", "internet")]
