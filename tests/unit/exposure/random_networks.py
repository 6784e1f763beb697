"""Random small networks, as the oracle and as ARM tell them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.unit.exposure import azure
from tests.unit.exposure.oracle import Network, Receiver, Rule, with_defaults

ADDRESSES = (
    "*",
    "Any",
    "Internet",
    "0.0.0.0/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "64.0.0.0/2",
    "203.0.113.0/24",
    "198.51.100.7",
    "1.0.0.0-9.255.255.255",
    "20.0.0.0/9",
    "10.0.0.0/8",
    "168.63.129.16",
    "VirtualNetwork",
    "AzureLoadBalancer",
    "::/0",
    "2000::/4",
    "2001:db8::/32",
)
TAGS = ("AzureCloud", "azurecloud.westeurope", "Storage")
DESTINATIONS = (
    "*",
    "10.0.0.4",
    "10.0.0.0/24",
    "10.0.0.5",
    "VirtualNetwork",
    "Internet",
    "0.0.0.0/0",
    "fd00::/64",
)
PORTS = ("*", "22", "20-25", "23", "80", "0-65535", "3389", "0-1023", "1024-65535")
WEB = azure.arm_id("applicationSecurityGroups", "web").lower()

port_lists = st.lists(st.sampled_from(PORTS), min_size=1, max_size=3, unique=True)


@st.composite
def rules(draw: st.DrawFn, tags: bool, admin: bool = False) -> Rule:
    pool = ADDRESSES + (TAGS if tags else ())
    by_group = not admin and draw(st.integers(0, 9)) == 0
    texts = draw(port_lists)
    protocol = draw(st.sampled_from(("tcp", "tcp", "udp", "icmp", "*")))
    return Rule(
        priority=draw(st.integers(100, 130)),
        access=draw(
            st.sampled_from(("allow", "deny", "alwaysallow") if admin else ("allow", "allow", "deny"))
        ),
        protocol=protocol,
        ports=tuple(map(pair, texts)),
        sources=tuple(draw(st.lists(st.sampled_from(pool), min_size=1, max_size=3, unique=True))),
        destinations=() if by_group else (draw(st.sampled_from(("*", "*", "*", *DESTINATIONS))),),
        groups=frozenset({WEB}) if by_group else frozenset(),
    )


def pair(text: str) -> tuple[int, int]:
    if text == "*":
        return 0, 65535
    low, _, high = text.partition("-")
    return int(low), int(high or low)


@st.composite
def networks(draw: st.DrawFn, tags: bool = False, most: int = 5) -> Network:
    def stage(**kinds: bool) -> list[Rule]:
        found = draw(st.lists(rules(tags, **kinds), max_size=most, unique_by=lambda rule: rule.priority))
        return sorted(found, key=lambda rule: rule.priority)

    members = frozenset({WEB}) if draw(st.booleans()) else frozenset[str]()
    return Network(
        receiver=Receiver(draw(st.sampled_from(("10.0.0.4", "10.0.0.4", "fd00::4"))), members),
        subnet=with_defaults(stage()) if draw(st.integers(0, 3)) else None,
        nic=with_defaults(stage()) if draw(st.booleans()) else None,
        admin=stage(admin=True) if draw(st.integers(0, 3)) == 0 else None,
        basic=draw(st.integers(0, 3)) == 0,
        default_route=draw(st.integers(0, 3)) == 0,
    )


def as_arm(rules_of: list[Rule]) -> list[dict[str, Any]]:
    """User rules as ARM writes them; a single value goes to the singular field."""
    written = []
    for number, rule in enumerate(rule for rule in rules_of if rule.priority < 65000):
        properties: dict[str, Any] = {
            "priority": rule.priority,
            "direction": "Inbound",
            "access": rule.access.title(),
            "protocol": rule.protocol.title(),
            "sourcePortRange": "*",
        }
        _spell(properties, "destinationPortRange", "s", [f"{a}-{b}" for a, b in rule.ports])
        _spell(properties, "sourceAddressPrefix", "es", list(rule.sources))
        _spell(properties, "destinationAddressPrefix", "es", list(rule.destinations))
        if rule.groups:
            properties["destinationApplicationSecurityGroups"] = [{"id": one.upper()} for one in rule.groups]
        written.append({"name": f"r{number}", "properties": properties})
    return written


def _spell(properties: dict[str, Any], singular: str, ending: str, values: list[str]) -> None:
    properties[singular] = values[0] if len(values) == 1 else None
    properties[singular + ending] = values if len(values) > 1 else []


def admin_answer(rules_of: list[Rule]) -> dict[str, Any]:
    """Security admin rules as listNetworkManagerEffectiveSecurityAdminRules answers."""
    return {
        "value": [
            {
                "id": f"/admin/rules/r{number}",
                "properties": {
                    "priority": rule.priority,
                    "direction": "Inbound",
                    "access": {"alwaysallow": "AlwaysAllow"}.get(rule.access, rule.access.title()),
                    "protocol": "Any" if rule.protocol == "*" else rule.protocol.title(),
                    "sources": [{"addressPrefix": one} for one in rule.sources],
                    "destinations": [{"addressPrefix": one} for one in rule.destinations],
                    "destinationPortRanges": [f"{a}-{b}" for a, b in rule.ports],
                },
            }
            for number, rule in enumerate(rules_of)
        ]
    }
