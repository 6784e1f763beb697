"""The evaluator against the worked examples of the exposure specification (ids beside each case)."""

import ast
from pathlib import Path
from typing import Any

import pytest

from samples import truth
from samples.admissions import admissions

ALLOW_22: dict[str, Any] = {
    "priority": 100,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "sourcePortRange": "*",
    "sourceAddressPrefix": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "22",
}


def rule(**changes: Any) -> dict[str, Any]:
    """`ALLOW_22` with changes; None removes a field."""
    merged = ALLOW_22 | changes
    return {name: value for name, value in merged.items() if value is not None}


def nsg(*rules: dict[str, Any]) -> dict[str, Any]:
    named = [{"name": f"r{number}", "properties": one} for number, one in enumerate(rules)]
    return {"id": "/nsg", "properties": {"securityRules": named}}


def reached(
    *stages: dict[str, Any], to: str = "10.0.0.4", asgs: tuple[str, ...] = ()
) -> dict[str, dict[int, str]]:
    """`{protocol: {sampled port: class}}`."""
    found: dict[str, dict[int, str]] = {}
    rules = [truth.inbound_rules(stage) for stage in stages]
    for (protocol, port), packets in truth.deliveries(rules, truth.destination(to, asgs)).items():
        reach = truth.reach_of(packets)
        assert reach is not None
        found.setdefault(protocol, {})[port] = reach
    return found


SSH = {"tcp": {22: "internet"}}
NOTHING: dict[str, dict[int, str]] = {}
HALVES = {"sourceAddressPrefix": None, "sourceAddressPrefixes": ["0.0.0.0/1", "128.0.0.0/1"]}


@pytest.mark.parametrize(
    ("case", "rules", "expected"),
    [
        ("E03", [], NOTHING),
        ("E05", [rule()], SSH),
        ("E09", [rule(priority=200), rule(access="Deny")], NOTHING),
        ("E10", [rule(), rule(access="Deny", priority=200)], SSH),
        (
            "E11",
            [
                rule(access="Deny", sourceAddressPrefix="198.51.100.0/24"),
                rule(priority=200, sourceAddressPrefix="Internet"),
            ],
            SSH,
        ),
        ("E13", [rule(**HALVES)], SSH),
        ("E14", [rule(sourceAddressPrefix="0.0.0.0/1")], SSH),
        ("E15", [rule(sourceAddressPrefix="203.0.113.7")], {"tcp": {22: "limited"}}),
        ("E16", [rule(sourceAddressPrefix="10.0.0.0/8")], NOTHING),
        ("E17", [rule(sourceAddressPrefix="VirtualNetwork")], NOTHING),
        ("E18", [rule(sourceAddressPrefix="AzureLoadBalancer", destinationPortRange="*")], NOTHING),
        ("E19", [rule(sourceAddressPrefix="AzureCloud")], {"tcp": {22: "azure"}}),
        ("E20", [rule(sourceAddressPrefix="::/0")], NOTHING),
        ("E24", [rule(destinationAddressPrefix="10.0.0.5")], NOTHING),
        ("E25", [rule(destinationAddressPrefix="VirtualNetwork")], SSH),
        (
            "E28",
            [rule(sourceAddressPrefix=None, sourceApplicationSecurityGroups=[{"id": "/asg/web"}])],
            NOTHING,
        ),
        ("E30", [rule(protocol="Udp", destinationPortRange="3389")], {"udp": {3389: "internet"}}),
        (
            "E32",
            [rule(protocol="Udp", access="Deny"), rule(protocol="*", priority=200)],
            SSH,
        ),
        ("E33", [rule(sourcePortRange="443")], SSH),
        ("E34", [rule(direction="Outbound")], NOTHING),
        (
            "E35",
            [rule(destinationPortRange=None, destinationPortRanges=["22", "80", "8440-8445"])],
            {"tcp": {22: "internet", 80: "internet", 8443: "internet"}},
        ),
        (
            "E42",
            [rule(destinationPortRange="0-65535")],
            {"tcp": dict.fromkeys(truth.SAMPLED_PORTS, "internet")},
        ),
        ("E43", [rule(protocol="TCP", access="allow")], SSH),
        ("E44", [rule(sourceAddressPrefix="0.0.0.0-255.255.255.255")], SSH),
        ("both fields", [rule(sourceAddressPrefix="10.0.0.0/8", sourceAddressPrefixes=["Internet"])], SSH),
        ("other tag", [rule(sourceAddressPrefix="GatewayManager")], {"tcp": {22: "tag"}}),
        (
            "a denied tag does not shrink the set of strangers (semantics, 9)",
            [rule(access="Deny", sourceAddressPrefix="AzureCloud"), rule(priority=200)],
            SSH,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_nsg(case: str, rules: list[dict[str, Any]], expected: dict[str, dict[int, str]]) -> None:
    assert reached(nsg(*rules)) == expected, case


@pytest.mark.parametrize(
    ("subnet", "nic", "expected"),
    [
        (rule(), None, NOTHING),  # E06
        (None, rule(), NOTHING),  # E07
        (rule(), rule(destinationPortRange="20-30"), SSH),  # E08, in spirit
        (rule(sourceAddressPrefix="0.0.0.0/1"), rule(sourceAddressPrefix="128.0.0.0/1"), NOTHING),  # E40
        (rule(), rule(sourceAddressPrefix="203.0.113.0/24"), {"tcp": {22: "limited"}}),
    ],
)
def test_two_stages(subnet: Any, nic: Any, expected: dict[str, dict[int, str]]) -> None:
    stages = [nsg(*([one] if one else [])) for one in (subnet, nic)]
    assert reached(*stages) == expected


def test_ipv6_sources_reach_ipv6_destinations_only() -> None:
    assert reached(nsg(rule(sourceAddressPrefix="::/0")), to="fd00::4") == SSH  # E21
    assert reached(nsg(rule(sourceAddressPrefix="0.0.0.0/0")), to="fd00::4") == NOTHING  # E22


def test_asg_membership_is_compared_case_insensitively() -> None:
    only_web = nsg(
        rule(destinationAddressPrefix=None, destinationApplicationSecurityGroups=[{"id": "/ASG/web"}])
    )
    assert reached(only_web, asgs=("/asg/WEB",)) == SSH  # E26
    assert reached(only_web, asgs=("/asg/other",)) == NOTHING  # E27


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("20.0.0.0/8", "internet"),  # exactly 2^24 public addresses
        ("20.0.0.0/9", "limited"),
        ("8.0.0.0/6", "internet"),  # 10.0.0.0/8 inside it does not count, 3 * 2^24 remain
        ("100.0.0.0/9", "limited"),  # 100.64.0.0/10 inside it is not public
    ],
)
def test_the_internet_starts_at_2_to_the_24_public_addresses(prefix: str, expected: str) -> None:
    assert reached(nsg(rule(sourceAddressPrefix=prefix))) == {"tcp": {22: expected}}


def test_each_rule_that_admits_the_internet_by_itself_is_blamed() -> None:
    halves = [rule(sourceAddressPrefix="128.0.0.0/1", priority=300), rule(sourceAddressPrefix="0.0.0.0/1")]
    admission = admissions(nsg(*halves))["ssh"]
    assert admission.admitting == admission.blamed == ("r1", "r0")


def test_rules_that_only_together_admit_the_internet_blame_the_first() -> None:
    halves = [rule(sourceAddressPrefix="20.0.0.0/9", priority=300), rule(sourceAddressPrefix="20.128.0.0/9")]
    admission = admissions(nsg(*halves))["ssh"]
    assert (admission.reach, admission.admitting, admission.blamed) == ("internet", ("r1", "r0"), ("r1",))


def test_a_narrow_rule_beside_a_wide_one_is_not_blamed() -> None:
    rules = [rule(sourceAddressPrefix="203.0.113.0/24"), rule(priority=200)]
    assert admissions(nsg(*rules))["ssh"].blamed == ("r1",)


def test_an_nsg_is_judged_for_at_least_one_destination() -> None:
    assert admissions(nsg(rule(destinationAddressPrefix="10.9.9.9")))["ssh"].reach == "internet"


def test_the_samples_share_no_code_with_the_product() -> None:
    for module in Path(truth.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not {name.split(".")[0] for name in names} & {"shared", "functions", "devhost"}, (
                module.name
            )
