"""The disguises of an open port: each of these NSGs really lets the internet in.

Numbers such as E13 name the worked examples of the exposure specification that a shape embodies.
"""

from samples.network import RuleSpec
from samples.shapes import EXPOSED, GROUP_PORTS, Shape, Target, allow, deny, pick

HALVES = ("0.0.0.0/1", "128.0.0.0/1")

# Two halves of 20.0.0.0/8: 2^23 public addresses each, 2^24 (an internet-sized set) only together.
EIGHTH_HALVES = ("20.0.0.0/9", "20.128.0.0/9")


def _around(target: Target) -> str:
    return f"{target.port - 2}-{target.port + 8}"


def _mixed_list(target: Target) -> tuple[RuleSpec, ...]:
    ports = ("443", f"{target.port}", "10000-10005")
    return (allow(target, ports=ports),)


def _split_rules(target: Target) -> tuple[RuleSpec, ...]:
    return tuple(
        allow(target, name=f"{target.rule_name}-{number}", priority=target.priority + number, sources=half)
        for number, half in enumerate(HALVES)
    )


def _only_together(target: Target) -> tuple[RuleSpec, ...]:
    return tuple(
        allow(target, name=f"{target.rule_name}-{number}", priority=target.priority + number, sources=half)
        for number, half in enumerate(EIGHTH_HALVES)
    )


def _several_groups(target: Target) -> tuple[RuleSpec, ...]:
    databases = GROUP_PORTS["database"]
    return (allow(target, ports=("22", "3389", str(databases[target.variant % len(databases)]))),)


def _range_with_hole(target: Target) -> tuple[RuleSpec, ...]:
    hole = deny(target, name=f"Deny-{target.port - 1}", ports=str(target.port - 1))
    return (hole, allow(target, ports=_around(target)))


WEAKNESSES: tuple[Shape, ...] = (
    Shape("any_source", "weakness", EXPOSED, lambda t: (allow(t),)),
    Shape("internet_tag", "weakness", EXPOSED, lambda t: (allow(t, sources="Internet"),)),
    Shape("zero_prefix", "weakness", EXPOSED, lambda t: (allow(t, sources="0.0.0.0/0"),)),
    Shape(
        "odd_case",
        "weakness",
        EXPOSED,
        lambda t: (
            allow(t, sources=pick(t, "any", "ANY", "internet", "INTERNET"), protocol="TCP", access="allow"),
        ),
    ),
    Shape(
        "address_range",  # E44
        "weakness",
        EXPOSED,
        lambda t: (allow(t, sources="0.0.0.0-255.255.255.255"),),
    ),
    Shape("plural_ports", "weakness", EXPOSED, _mixed_list),
    Shape(
        "plural_sources",
        "weakness",
        EXPOSED,
        lambda t: (allow(t, sources=("203.0.113.0/24", pick(t, "0.0.0.0/0", "Internet"))),),
    ),
    Shape(
        "plural_both",
        "weakness",
        EXPOSED,
        lambda t: (allow(t, ports=(str(t.port),), sources=("0.0.0.0/0",)),),
    ),
    Shape("port_range", "weakness", EXPOSED, lambda t: (allow(t, ports=_around(t)),)),
    Shape("range_with_hole", "weakness", EXPOSED, _range_with_hole),  # E12
    Shape("all_ports", "weakness", EXPOSED, lambda t: (allow(t, ports="*"),)),
    Shape("full_port_range", "weakness", EXPOSED, lambda t: (allow(t, ports="0-65535"),)),  # E42
    Shape("any_protocol", "weakness", EXPOSED, lambda t: (allow(t, protocol="*"),)),
    Shape("split_prefixes", "weakness", EXPOSED, lambda t: (allow(t, sources=HALVES),)),  # E13
    Shape("split_rules", "weakness", EXPOSED, _split_rules),
    Shape("half_internet", "weakness", EXPOSED, lambda t: (allow(t, sources=HALVES[t.variant % 2]),)),  # E14
    Shape("only_together", "weakness", EXPOSED, _only_together),
    Shape("several_groups", "weakness", EXPOSED, _several_groups),
    Shape("both_stages", "weakness", EXPOSED, lambda t: (allow(t),), stage="both"),
    Shape(
        "deny_below",  # E10
        "weakness",
        EXPOSED,
        lambda t: (allow(t), deny(t, priority=t.priority + 100)),
    ),
    Shape(
        "exception_above",  # E11
        "weakness",
        EXPOSED,
        lambda t: (deny(t, sources="198.51.100.0/24"), allow(t, sources="Internet")),
    ),
    Shape(
        "other_protocol_denied",  # E32
        "weakness",
        EXPOSED,
        lambda t: (deny(t, protocol="Udp"), allow(t, protocol="*")),
    ),
    Shape("source_port", "weakness", EXPOSED, lambda t: (allow(t, source_ports="443"),)),  # E33
    Shape(
        "named_destination",  # E25
        "weakness",
        EXPOSED,
        lambda t: (allow(t, destinations=pick(t, "VirtualNetwork", t.private_address)),),
    ),
    Shape(
        "asg_member",  # E26
        "weakness",
        EXPOSED,
        lambda t: (allow(t, destination_asg=t.asg_id),),
        member_of_asg=True,
        uses_asg=True,
    ),
    Shape("ipv6_any", "weakness", EXPOSED, lambda t: (allow(t, sources="::/0"),), ipv6=True),  # E21
    Shape("basic_no_nsg", "weakness", EXPOSED, stage="none", public_ip="Basic"),  # E02
)
