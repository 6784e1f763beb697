"""Azure's two answers about a packet against ours; expectations from Microsoft Learn and the REST models."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.confirmation import ConfirmationResult, Witness
from shared.domain.exposure import Protocol
from shared.domain.probe import Probe, Unaskable
from shared.exposure.confirmation import FlowAnswer, Unanswered, compared, flow_question, read_flow
from shared.exposure.effective_rules import NotUnderstoodError, Packet, read_effective_rules
from shared.exposure.ports import parse_ports
from shared.exposure.probes import BEHIND_FIREWALL, IN_SCALE_SET, NO_MACHINE, probes_of
from tests.unit.exposure import azure
from tests.unit.exposure import azure_entry_points as entry

CONFIRMED, CONTRADICTED = ConfirmationResult.CONFIRMED, ConfirmationResult.CONTRADICTED
NOT_CONFIRMABLE = ConfirmationResult.NOT_CONFIRMABLE
PROBE = Probe(
    exposure="row",
    interface=azure.arm_id("networkInterfaces", "nic"),
    machine=azure.machine_id("vm"),
    protocol=Protocol.TCP,
    local="10.0.0.4",
    port=22,
    senders=("52.0.0.1", "130.0.0.1"),
)
SSH = {Protocol.TCP: parse_ports(("22",))}


def rule(name: str, priority: int, access: str, **fields: Any) -> dict[str, Any]:
    return {
        "name": f"securityRules/{name}",
        "priority": priority,
        "access": access,
        "direction": "Inbound",
        "protocol": "All",
        "sourcePortRange": "0-65535",
        "destinationPortRange": "0-65535",
        "sourceAddressPrefix": "*",
        "destinationAddressPrefix": "*",
        **fields,
    }


DENY_ALL = rule("x", 65500, "Deny") | {"name": "defaultSecurityRules/DenyAllInBound"}
OPEN = rule("ssh", 100, "Allow", protocol="Tcp", destinationPortRange="22-22")


def group(*rules: dict[str, Any], **association: Any) -> dict[str, Any]:
    kept = [*rules, DENY_ALL] if "networkManager" not in association else list(rules)
    return {"association": association or {"subnet": {"id": "s"}}, "effectiveSecurityRules": kept}


def answer(*groups: dict[str, Any]) -> dict[str, Any]:
    return {"value": list(groups)}


def decision(sender: str, *groups: dict[str, Any], port: int = 22, local: str = "10.0.0.4") -> bool:
    packet = Packet(Protocol.TCP, sender, local, port)
    return read_effective_rules(answer(*groups)).decision(packet)[0]


@pytest.mark.parametrize(
    ("groups", "allowed"),
    [
        ([group(OPEN)], True),
        ([group()], False),
        ([group(OPEN), group()], False),
        ([group(OPEN), group(OPEN)], True),
        ([group(rule("no", 90, "Deny", sourceAddressPrefix="52.0.0.0/8"), OPEN)], False),
        ([group(rule("no", 110, "Deny", sourceAddressPrefix="52.0.0.0/8"), OPEN)], True),
        ([group(OPEN | {"direction": "Outbound"})], False),
        ([group(OPEN | {"protocol": "Udp"})], False),
        ([group(OPEN | {"sourceAddressPrefix": "Internet"})], True),
        ([group(OPEN | {"sourceAddressPrefix": "VirtualNetwork"})], False),
        (
            [group(OPEN | {"sourceAddressPrefix": "Tag", "expandedSourceAddressPrefix": ["52.0.0.0/24"]})],
            True,
        ),
        (
            [group(OPEN | {"sourceAddressPrefix": "Tag", "expandedSourceAddressPrefix": ["53.0.0.0/24"]})],
            False,
        ),
        (
            [
                group(
                    OPEN | {"sourceAddressPrefix": None, "sourceAddressPrefixes": ["1.1.1.1", "52.0.0.1/32"]}
                )
            ],
            True,
        ),
        ([group(OPEN | {"destinationPortRange": "", "destinationPortRanges": ["21-21", "22-25"]})], True),
        ([group(OPEN | {"destinationAddressPrefix": "10.0.0.5/32"})], False),
        ([group(OPEN | {"destinationAddressPrefix": "VirtualNetwork"})], True),
        # The sender chooses its port: a rule for packets from one port lets it in all the same.
        ([group(OPEN | {"sourcePortRange": "443-443"})], True),
        ([group(rule("no", 90, "Deny", sourcePortRange="443-443"), OPEN)], True),
        # A network manager's rules come first; its Allow goes on to the groups.
        ([group(rule("stop", 1, "Deny"), networkManager={"id": "m"}), group(OPEN)], False),
        ([group(rule("go", 1, "Allow"), networkManager={"id": "m"}), group(OPEN)], True),
        ([group(OPEN), group(networkManager={"id": "m"})], True),
    ],
)
def test_a_packet_under_effective_rules(groups: list[dict[str, Any]], allowed: bool) -> None:
    assert decision("52.0.0.1", *groups) is allowed


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({}, "value: not a list"),
        ({"value": []}, "no network security group"),
        ({"value": [group(OPEN, networkManager={"id": "m"})]}, "no network security group"),
        ({"value": ["x"]}, r"value\[0\]: not an object"),
        ({"value": [{"effectiveSecurityRules": None}]}, "effectiveSecurityRules: not a list"),
        ({"value": [group({**OPEN, "priority": "1"})]}, "priority: not a number"),
        ({"value": [group({**OPEN, "access": "AlwaysAllow"})]}, "neither Allow nor Deny"),
        ({"value": [group({**OPEN, "destinationPortRange": "ssh"})]}, "destination ports"),
        ({"value": [group({**OPEN, "sourceAddressPrefix": "?"})]}, "source: not an address"),
        (
            {"value": [group({**OPEN, "sourceAddressPrefix": "Sql.WestEurope"})]},
            "which addresses sql.westeurope",
        ),
        ({"value": [group(rule("go", 1, "Allow"), networkManager={"id": "m"}), group()]}, "always allows"),
    ],
)
def test_an_answer_that_is_not_understood_is_none(value: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotUnderstoodError, match=reason):
        read_effective_rules(value).decision(Packet(Protocol.TCP, "52.0.0.1", "10.0.0.4", 22))


OTHERS_ONLY = group(rule("no", 90, "Deny", sourceAddressPrefix="52.0.0.0/8"), OPEN)
LOST = Unanswered("refused")


@pytest.mark.parametrize(
    ("flow", "effective", "result", "by"),
    [
        (FlowAnswer(True, "r"), LOST, CONFIRMED, Witness.IP_FLOW_VERIFY),
        (FlowAnswer(False, "defaultSecurityRules/x"), answer(group()), CONTRADICTED, Witness.IP_FLOW_VERIFY),
        # One sender is denied, another is let in: somebody gets through.
        (
            FlowAnswer(False, "securityRules/no"),
            answer(OTHERS_ONLY),
            CONFIRMED,
            Witness.EFFECTIVE_SECURITY_RULES,
        ),
        # Denied by a rule that no NSG has, a network manager's: the groups say nothing against it.
        (FlowAnswer(False, "deny-ssh"), answer(group(OPEN)), CONTRADICTED, Witness.IP_FLOW_VERIFY),
        (FlowAnswer(False, "r"), LOST, NOT_CONFIRMABLE, Witness.IP_FLOW_VERIFY),
        (LOST, answer(group(OPEN)), CONFIRMED, Witness.EFFECTIVE_SECURITY_RULES),
        (LOST, answer(OTHERS_ONLY), CONFIRMED, Witness.EFFECTIVE_SECURITY_RULES),
        (LOST, answer(group()), CONTRADICTED, Witness.EFFECTIVE_SECURITY_RULES),
        (LOST, LOST, NOT_CONFIRMABLE, None),
        (LOST, {"value": 3}, NOT_CONFIRMABLE, None),
    ],
)
def test_two_answers_make_one_word(
    flow: Any, effective: Any, result: ConfirmationResult, by: Witness | None
) -> None:
    found = compared(PROBE, flow, effective)
    assert (found.result, found.by) == (result, by)
    assert found.reason


def test_the_question_is_as_azure_wants_it() -> None:
    assert flow_question(PROBE) == {
        "targetResourceId": PROBE.machine,
        "targetNicResourceId": PROBE.interface,
        "direction": "Inbound",
        "protocol": "TCP",
        "localIPAddress": "10.0.0.4",
        "localPort": "22",
        "remoteIPAddress": "52.0.0.1",
        "remotePort": "60000",
    }
    assert read_flow({"access": "Allow", "ruleName": "x"}) == FlowAnswer(True, "x")
    for bad in ({}, {"access": None}, {"access": "Perhaps"}):
        with pytest.raises(NotUnderstoodError):
            read_flow(bad)


def probes(*resources: Any) -> list[Probe | Unaskable]:
    network = azure.join(azure.virtual_network(), *resources)
    rows = {row.key for row in network.exposures()}
    return list(probes_of(network, rows, SSH))


def test_a_probe_is_the_packet_that_the_interface_sees() -> None:
    public = azure.public_ip()
    balancer = azure.load_balancer(public, nat_rules=[azure.forward(50001, 22, name="nat")])
    group = azure.nsg("nsg", [azure.rule(sourceAddressPrefix="52.0.0.0/8", destinationPortRange="20-25")])
    nat = azure.interface(nic_nsg=group, machine="vm", nat_rules=[azure.nat_rule_id()])
    [probe] = probes(public, balancer, group, nat)
    assert isinstance(probe, Probe)
    assert (probe.local, probe.port, probe.protocol) == ("10.0.0.4", 22, Protocol.TCP)
    assert probe.senders == ("52.128.0.0",) and probe.five_tuple
    assert probe.machine == azure.machine_id("vm")


def test_senders_are_spread_over_those_who_get_through() -> None:
    public = azure.public_ip()
    halves = [
        azure.rule("a", sourceAddressPrefix="52.0.0.0/8"),
        azure.rule("b", priority=101, sourceAddressPrefix="20.0.0.0/9"),
    ]
    group = azure.nsg("nsg", halves)
    [probe] = probes(public, group, azure.interface(nic_nsg=group, machine="vm", public=public))
    assert isinstance(probe, Probe) and probe.senders == ("52.128.0.0", "20.64.0.0")


def test_rules_that_differ_over_the_ports_are_asked_about_one_by_one() -> None:
    public = azure.public_ip()
    group = azure.nsg("nsg", [azure.rule("a"), azure.rule("b", priority=101, destinationPortRange="3389")])
    network = azure.join(
        azure.virtual_network(), public, group, azure.interface(nic_nsg=group, machine="vm", public=public)
    )
    [row] = network.exposures()
    ports = {Protocol.TCP: parse_ports(("22", "3389"))}
    assert [one.port for one in probes_of(network, {row.key}, ports) if isinstance(one, Probe)] == [22, 3389]
    assert not list(probes_of(network, (), ports))


def machine(state: str) -> Any:
    code = {"extended": {"instanceView": {"powerState": {"code": f"PowerState/{state}"}}}}
    return entry.typed("Microsoft.Compute/virtualMachines", "vm", code)


@pytest.mark.parametrize("state", ["deallocated", "stopped"])
def test_a_machine_that_does_not_run_is_not_asked_about(state: str) -> None:
    public = azure.public_ip()
    group = azure.nsg("nsg", [azure.rule()])
    nic = azure.interface(nic_nsg=group, machine="vm", public=public)
    [found] = probes(public, group, nic, machine(state))
    assert isinstance(found, Unaskable) and state in found.reason
    [found] = probes(public, group, nic, machine("running"))
    assert isinstance(found, Probe)


def test_an_interface_without_a_machine_is_not_asked_about() -> None:
    public = azure.public_ip()
    group = azure.nsg("nsg", [azure.rule()])
    [found] = probes(public, group, azure.interface(nic_nsg=group, public=public))
    assert isinstance(found, Unaskable) and found.reason == NO_MACHINE


def test_what_comes_by_way_of_a_firewall_is_not_asked_about() -> None:
    public = azure.public_ip()
    policy = entry.firewall_policy([entry.nat_rule(translatedPort="22")])
    network = azure.join(
        azure.nsg("nsg"),
        azure.virtual_network(subnet_nsg=azure.nsg("nsg")),
        entry.firewall_network(),
        public,
        entry.firewall(public, policy=policy[0]),
        *policy,
        azure.interface(machine="vm"),
    )
    rows = {row.key for row in network.exposures()}
    assert [one.reason for one in probes_of(network, rows, SSH) if isinstance(one, Unaskable)] == [
        BEHIND_FIREWALL
    ]


def test_instances_of_scale_sets_are_not_asked_about() -> None:
    group = azure.nsg("nsg", [azure.rule()])
    found = probes(group, entry.scale_set(public_sku="Standard", nic_nsg=group))
    assert {one.reason for one in found if isinstance(one, Unaskable)} == {IN_SCALE_SET}
