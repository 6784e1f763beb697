"""What a planted configuration is: the words the tables of weaknesses and traps are written in."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from samples.network import RuleSpec

Group = Literal["ssh", "rdp", "database"]

RULE_IDS: dict[Group, str] = {
    "ssh": "network.nsg.ssh_from_internet",
    "rdp": "network.nsg.rdp_from_internet",
    "database": "network.nsg.database_ports_from_internet",
}
"""The three judged rules, by port group."""

# The TCP ports each judged rule speaks of.
GROUP_PORTS: dict[Group, tuple[int, ...]] = {
    "ssh": (22,),
    "rdp": (3389,),
    "database": (
        *(1433, 1434, 1521, 3306, 5432, 6379, 7000, 7001, 9042, 9200, 9300),
        *(11211, 27017, 27018, 27019, 50000),
    ),
}


@dataclass(frozen=True, slots=True)
class Target:
    """What a shape is cut for: the port to expose, the names to use, the machine it stands before.

    `variant` is any non-negative number; a shape with several spellings picks one by it.
    """

    group: Group
    port: int
    rule_name: str
    priority: int
    variant: int
    private_address: str
    other_address: str
    asg_id: str
    other_asg_id: str


Rules = Callable[[Target], tuple[RuleSpec, ...]]


@dataclass(frozen=True, slots=True)
class Intention:
    """What the planting is meant to be, in the words of the truth file; the evaluator must agree."""

    verdict: Literal["exposed", "latent", "unattached", "none"]
    reach: Literal["internet", "limited", "azure", "tag"] | None
    severity: Literal["critical", "high", "medium", "low"] | None


EXPOSED = Intention("exposed", "internet", "critical")
LATENT = Intention("latent", "internet", "medium")
UNATTACHED = Intention("unattached", "internet", "low")
HARMLESS = Intention("none", None, None)


@dataclass(frozen=True, slots=True)
class Shape:
    """One way of exposing a port, or of seeming to.

    `stage` says where the planted NSG stands: on the NIC, on the subnet, either (drawn), on both (the same
    rules twice), on nothing, or that there is no NSG at all (`none`) or not even a NIC (`address only`).
    `opposite` gives the rules of the NSG at the other stage; None leaves that stage without an NSG.
    `uses_asg` adds the target's two application security groups, `member_of_asg` puts the NIC into its own.
    """

    name: str
    kind: Literal["weakness", "trap"]
    intention: Intention
    rules: Rules = field(default=lambda _: ())
    stage: Literal["either", "nic", "subnet", "both", "unattached", "none", "address only"] = "either"
    opposite: Rules | None = None
    public_ip: Literal["Standard", "Basic"] | None = "Standard"
    ipv6: bool = False
    member_of_asg: bool = False
    uses_asg: bool = False


def allow(target: Target, **fields: Any) -> RuleSpec:
    """The rule that opens the target's port to everyone, changed by `fields`; it is meant to be blamed."""
    rule = RuleSpec(target.rule_name, target.priority, ports=str(target.port), admits=True)
    return replace(rule, **fields)


def deny(target: Target, **fields: Any) -> RuleSpec:
    """The rule that refuses the target's port to everyone, one step ahead of `allow`, changed by `fields`."""
    rule = RuleSpec(f"Deny-{target.rule_name}", target.priority - 10, "Deny", ports=str(target.port))
    return replace(rule, **fields)


def pick(target: Target, *spellings: str) -> str:
    """One of several spellings of the same thing."""
    return spellings[target.variant % len(spellings)]


def web_only(target: Target) -> tuple[RuleSpec, ...]:
    """An NSG that admits the internet to HTTPS and nobody to the target's port."""
    return (RuleSpec("AllowHttps", target.priority, ports="443", sources="Internet"),)
