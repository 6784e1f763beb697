"""Context of the `network.nsg.*_from_internet` rules, and the finding that the API documents."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from shared.domain.coverage import ReadFailure
from shared.domain.finding import Observation
from shared.domain.severity import Severity
from shared.exposure import SubscriptionNetwork, project
from shared.rules.base import RuleResult, RuleStatus
from shared.rules.packs.network import vm_effective
from shared.rules.packs.network._risk import Standing, risk_factors, risk_score, severity_of
from shared.rules.registry import get, network_rules
from tests.unit.exposure import azure

SSH = "network.nsg.ssh_from_internet"


def findings(network: SubscriptionNetwork, rule_id: str = SSH) -> list[Observation]:
    return [one for result in get(rule_id).evaluate(network) for one in result.observations]


def exposed(*rules: object, **kinds: object) -> SubscriptionNetwork:
    group = azure.nsg("nsg", rules, group="Honeypot_group")  # type: ignore[arg-type]
    public = azure.public_ip()
    return azure.join(
        group,
        azure.virtual_network(subnet_nsg=group),
        public,
        azure.interface(public=public, **kinds),  # type: ignore[arg-type]
    )


def test_the_documented_finding() -> None:
    [finding] = findings(exposed(azure.rule("SSH", sourceAddressPrefix="0.0.0.0/0")))
    stored = TypeAdapter(Observation).dump_python(finding, mode="json")
    assert (
        stored
        | {
            "severity": "critical",
            "title": "Unrestricted SSH access detected",
            "description": "SSH port 22 is open to the internet (0.0.0.0/0)",
            "resource_name": "SSH",
            "resource_group": "Honeypot_group",
            "resource_type": "NSG_RULE",
            "risk_score": 95,
            "cvss_score": 9.8,
            "auto_remediable": True,
            "remediation_steps": [
                "Restrict SSH access to management subnet",
                "Implement Just-In-Time (JIT) access",
                "Enable Azure Bastion for secure access",
            ],
        }
        == stored
    )
    nsg_id = azure.arm_id("networkSecurityGroups", "nsg", group="Honeypot_group")
    assert (finding.resource_id, finding.evaluated_id) == (f"{nsg_id}/securityRules/SSH", nsg_id)


def test_what_aks_would_undo_is_not_fixed_at_the_group() -> None:
    network = azure.join(azure.nsg("nsg", [azure.rule("SSH")], group="MC_rg_aks_westeurope"))
    [finding] = findings(network)
    assert not finding.auto_remediable
    assert "loadBalancerSourceRanges" in finding.remediation_steps[0]
    assert finding.remediation_steps[1:] == get(SSH).metadata.remediation_steps


def test_one_rule_for_everything_fires_every_rule_and_shares_a_group() -> None:
    network = exposed(azure.rule("all", protocol="*", destinationPortRange="*"))
    found = [f for rule in network_rules() for f in findings(network, rule.metadata.rule_id)]
    of_rule = [one for one in found if one.resource_type == "NSG_RULE"]
    ports = [one.rule_id.rsplit(".", 1)[-1] for one in of_rule]
    assert len(ports) == len(set(ports)) == 10 and all(name.endswith("_from_internet") for name in ports)
    assert len({one.evidence["group"] for one in of_rule}) == 1
    # Every group but the web's, at the machine too.
    assert len(found) == 19
    linked = {one.rule_id for one in of_rule if one.evidence["linked_findings"]}
    assert linked == {group.metadata.rule_id for group in vm_effective.RULE.groups}


def test_findings_at_rule_and_machine_name_each_other() -> None:
    network = exposed(azure.rule("SSH"), machine="vm")
    [of_rule], [of_machine] = findings(network), findings(network, "network.exposure.vm_effective")
    assert of_rule.evidence["linked_findings"] == [of_machine.fingerprint]
    assert of_machine.evidence["linked_findings"] == [of_rule.fingerprint]
    assert of_rule.evidence["exposures"] == of_machine.evidence["exposures"]
    assert of_rule.evidence["exposures"] == [row.key for row in network.exposures()]


def test_each_rule_that_admits_by_itself_is_a_finding() -> None:
    network = exposed(
        azure.rule("low", sourceAddressPrefix="0.0.0.0/1"),
        azure.rule("high", priority=110, sourceAddressPrefix="128.0.0.0/1"),
        azure.rule("hidden", priority=120, sourceAddressPrefix="0.0.0.0/0"),
    )
    names = [one.resource_name for one in findings(network)]
    assert names == ["low", "high"]


def test_partners_on_every_port_are_named() -> None:
    def part(name: str, priority: int, source: str, *ports: str) -> dict[str, object]:
        return azure.rule(
            name,
            priority=priority,
            sourceAddressPrefix=source,
            destinationPortRanges=list(ports),
            destinationPortRange=None,
        )

    network = exposed(
        part("low", 100, "20.0.0.0/9", "1433", "5432"),
        part("high-a", 110, "20.128.0.0/9", "1433"),
        part("high-b", 120, "20.128.0.0/9", "5432"),
    )
    [finding] = findings(network, "network.nsg.database_ports_from_internet")
    assert finding.resource_name == "low"
    assert finding.evidence["together_with"] == ["high-a", "high-b"]
    assert finding.evidence["ports"] == {"tcp": ["1433", "5432"]}


def test_ipv6_is_judged_where_it_may_be_met() -> None:
    rules = [
        azure.rule(
            "no-v4",
            access="Deny",
            sourceAddressPrefixes=["0.0.0.0/1", "128.0.0.0/1"],
            sourceAddressPrefix=None,
        ),
        azure.rule("rest", priority=200),
    ]
    assert findings(exposed(*rules)) == []
    [finding] = findings(exposed(*rules, address="fd00::4"))
    assert (finding.resource_name, finding.severity) == ("rest", Severity.CRITICAL)


def test_ipv6_is_judged_where_a_rule_names_it() -> None:
    group = azure.nsg("nsg", [azure.rule(sourceAddressPrefix="::/0")])
    [finding] = findings(azure.join(group))
    assert finding.severity is Severity.LOW and "(::/0)" in finding.description


def test_a_doubtful_deny_counts_where_an_ipv6_receiver_is() -> None:
    rules = (
        azure.rule("no-v4", access="Deny", sourceAddressPrefix="0.0.0.0/0"),
        azure.rule("rest", priority=200),
    )
    assert findings(exposed(*rules)) == []
    [finding] = findings(exposed(*rules, address="fd00::4"))
    assert (finding.resource_name, finding.severity) == ("rest", Severity.HIGH)
    assert finding.evidence["verdict"] == "unverified"


def test_other_stage_that_lets_only_azure_through_lowers_the_severity() -> None:
    outer = azure.nsg("outer", [azure.rule("all")])
    inner = azure.nsg("inner", [azure.rule("cloud", sourceAddressPrefix="AzureCloud")])
    public = azure.public_ip()
    network = azure.join(
        outer,
        inner,
        azure.virtual_network(subnet_nsg=outer),
        public,
        azure.interface(public=public, nic_nsg=inner),
    )
    assert {one.resource_name: one.severity for one in findings(network)} == {
        "all": Severity.HIGH,
        "cloud": Severity.HIGH,
    }


def test_azure_beside_a_few_listed_addresses_is_not_hidden() -> None:
    [finding] = findings(
        exposed(
            azure.rule("mixed", sourceAddressPrefixes=["203.0.113.7", "AzureCloud"], sourceAddressPrefix=None)
        )
    )
    assert (finding.severity, finding.evidence["class"]) == (Severity.HIGH, "azure")


def test_group_on_what_was_not_read_is_not_called_latent() -> None:
    group = azure.nsg("nsg", [azure.rule()], interfaces=[azure.arm_id("networkInterfaces", "unread")])
    [finding] = findings(azure.join(group))
    assert finding.severity is Severity.HIGH
    assert finding.evidence["unread"] == [azure.arm_id("networkInterfaces", "unread").lower()]


def test_what_another_stage_stops_is_latent_and_says_so() -> None:
    inner = azure.nsg("inner", [azure.rule("no", access="Deny", destinationPortRange="20-30")])
    outer, public = azure.nsg("outer", [azure.rule("all", destinationPortRange="*")]), azure.public_ip()
    network = azure.join(
        outer,
        inner,
        azure.virtual_network(subnet_nsg=outer),
        public,
        azure.interface(public=public, nic_nsg=inner),
    )
    [finding] = findings(network)
    assert (finding.severity, finding.evidence["verdict"]) == (Severity.MEDIUM, "latent")
    assert finding.evidence["stopped_by"] == "inner rule 'no' (100)"


def test_nat_rule_makes_ssh_reachable_on_another_port() -> None:
    nsg, public = azure.nsg("nsg", [azure.rule("ssh")]), azure.public_ip()
    balancer = azure.load_balancer(public, nat_rules=[azure.forward(50001, 22)])
    nic = azure.interface(nat_rules=[azure.nat_rule_id()], machine="vm")
    network = azure.join(nsg, public, balancer, azure.virtual_network(subnet_nsg=nsg), nic)
    [at_rule], [at_machine] = findings(network), findings(network, "network.exposure.vm_effective")
    assert at_rule.severity is at_machine.severity is Severity.CRITICAL
    assert at_machine.description == "SSH port 22 can be reached from the internet through 20.1.2.3"


def test_balanced_port_beside_the_open_one_is_latent() -> None:
    nsg, public = (
        azure.nsg("nsg", [azure.rule("ssh", destinationPortRanges=["22", "443"])]),
        azure.public_ip(),
    )
    balancer = azure.load_balancer(public, rules=[azure.forward(443, 443)])
    nic = azure.interface(pools=[azure.pool_id()])
    network = azure.join(nsg, public, balancer, azure.virtual_network(subnet_nsg=nsg), nic)
    [finding] = findings(network)
    assert (finding.severity, finding.evidence["verdict"]) == (Severity.MEDIUM, "latent")


def test_unread_load_balancer_leaves_no_pass() -> None:
    nsg, nic = azure.nsg("nsg", [azure.rule()]), azure.interface(pools=[azure.pool_id()], machine="vm")
    network = azure.join(nsg, azure.virtual_network(subnet_nsg=nsg), nic)
    balancer = azure.arm_id("loadBalancers", "lb").lower()
    [result] = get("network.exposure.vm_effective").evaluate(network)
    assert (result.status, balancer in (result.reason or "")) == (RuleStatus.ERROR, True)
    [finding] = findings(network)
    assert (finding.severity, finding.evidence["unread"]) == (Severity.HIGH, [balancer])


def test_default_rules_are_never_to_blame() -> None:
    routes, group, public = azure.route_table("r", "0.0.0.0/0"), azure.nsg("nsg"), azure.public_ip()
    network = azure.join(
        routes,
        group,
        public,
        azure.virtual_network(subnet_nsg=group, routes=routes),
        azure.interface(public=public, machine="vm"),
    )
    assert findings(network) == []
    at_machine = findings(network, "network.exposure.vm_effective")
    assert len(at_machine) == len(vm_effective.RULE.groups)
    for one in at_machine:
        assert one.severity is get(one.discriminator).metadata.severity.lowered()


def test_a_group_that_could_not_be_read_is_an_error_for_every_rule() -> None:
    failure = ReadFailure(
        resource_id=azure.arm_id("networkSecurityGroups", "bad"),
        type="Microsoft.Network/networkSecurityGroups",
        reason="properties.securityRules: not a list",
    )
    network = SubscriptionNetwork.build([project(azure.nsg("good"))], [failure])
    good = azure.arm_id("networkSecurityGroups", "good")
    assert list(get(SSH).evaluate(network)) == [
        RuleResult(SSH, good, RuleStatus.PASS),
        RuleResult(SSH, failure.resource_id or "", RuleStatus.ERROR, reason=failure.reason),
    ]


@pytest.mark.parametrize(
    ("standing", "azure_only", "severity", "score"),
    [
        (Standing.EXPOSED, False, Severity.CRITICAL, 95),
        (Standing.EXPOSED, True, Severity.HIGH, 85),
        (Standing.POSSIBLE, False, Severity.HIGH, 80),
        (Standing.UNVERIFIED, True, Severity.MEDIUM, 70),
        (Standing.STOPPED, False, Severity.MEDIUM, 60),
        (Standing.LATENT, False, Severity.MEDIUM, 55),
        (Standing.UNATTACHED, False, Severity.LOW, 30),
    ],
)
def test_severity_and_risk_by_context(
    standing: Standing, azure_only: bool, severity: Severity, score: int
) -> None:
    assert severity_of(Severity.CRITICAL, standing, azure_only) is severity
    assert risk_score(risk_factors(95, standing, azure_only)) == score


def test_every_port_may_take_several_ways() -> None:
    low = azure.rule("low", destinationPortRange="0-30000")
    high = azure.rule("high", priority=110, destinationPortRange="30001-65535")
    network = exposed(low, high, machine="vm")
    found = findings(network, "network.exposure.vm_effective")
    [every] = [one for one in found if one.discriminator == "network.nsg.any_port_from_internet"]
    assert every.description == "Any ports 1-65535 can be reached from the internet through 20.1.2.3"
    hole = exposed(azure.rule("no", priority=90, access="Deny", destinationPortRange="9999"), low, high)
    found = findings(hole, "network.exposure.vm_effective")
    assert found and all(one.discriminator != "network.nsg.any_port_from_internet" for one in found)


def test_every_port_is_as_sure_as_the_least_sure_way() -> None:
    """Half of the ports are open by rules, the other half only if a default route lets them in."""
    group = azure.nsg("nsg", [azure.rule("half", destinationPortRange="0-30000")])
    routes, public = azure.route_table("r", "0.0.0.0/0"), azure.public_ip()
    subnet = azure.virtual_network(subnet_nsg=group, routes=routes)
    network = azure.join(group, routes, public, subnet, azure.interface(public=public, machine="vm"))
    found = {one.discriminator: one for one in findings(network, "network.exposure.vm_effective")}
    assert found["network.nsg.ssh_from_internet"].evidence["verdict"] == "exposed"
    every = found["network.nsg.any_port_from_internet"]
    assert (every.evidence["verdict"], every.severity) == ("possible", Severity.HIGH)
    assert every.evidence["ports"] == {"tcp": ["1-65535"], "udp": ["1-65535"]}
