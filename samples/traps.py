"""Configurations that look open and are not, or not to everybody, or not now.

A string comparison gets most of these wrong. Those with `LATENT` or `UNATTACHED` do admit strangers at their
own NSG and so are findings, but of a lower severity than an exposure.
Numbers such as E09 name the worked examples of the exposure specification that a shape embodies.
"""

from typing import Any

from samples.network import RuleSpec
from samples.shapes import (
    HARMLESS,
    LATENT,
    UNATTACHED,
    Intention,
    Shape,
    Target,
    allow,
    deny,
    pick,
    web_only,
)
from samples.weaknesses import HALVES


def _innocent(target: Target, **fields: Any) -> RuleSpec:
    return allow(target, admits=False, **fields)


def _deny_split(target: Target) -> tuple[RuleSpec, ...]:
    refusals = tuple(
        deny(target, name=f"Deny-half-{number}", priority=target.priority - 10 + number, sources=half)
        for number, half in enumerate(HALVES)
    )
    return (*refusals, _innocent(target))


def _wide_hole(target: Target) -> tuple[RuleSpec, ...]:
    """A range round the port, with the port and its neighbours (of the same group, it may be) cut out."""
    hole = deny(target, ports=f"{target.port - 3}-{target.port + 3}")
    return (hole, _innocent(target, ports=f"{target.port - 5}-{target.port + 5}"))


TRAPS: tuple[Shape, ...] = (
    Shape("shadowed_by_deny", "trap", HARMLESS, lambda t: (_innocent(t), deny(t))),  # E09
    Shape(
        "shadowed_by_internet_deny",
        "trap",
        HARMLESS,
        lambda t: (deny(t, sources="Internet"), _innocent(t)),
    ),
    Shape(
        "shadowed_by_deny_of_all_ports",
        "trap",
        HARMLESS,
        lambda t: (deny(t, ports="*", protocol="*"), _innocent(t, sources="Internet")),
    ),
    Shape("shadowed_by_split_deny", "trap", HARMLESS, _deny_split),
    Shape(
        "port_cut_out_of_range",
        "trap",
        HARMLESS,
        _wide_hole,
    ),
    Shape("unattached_nsg", "trap", UNATTACHED, lambda t: (allow(t),), stage="unattached"),  # G24
    Shape("stopped_by_subnet", "trap", LATENT, lambda t: (allow(t),), stage="nic", opposite=web_only),  # E07
    Shape("stopped_by_nic", "trap", LATENT, lambda t: (allow(t),), stage="subnet", opposite=web_only),  # E06
    Shape(
        "disjoint_stages",  # E40
        "trap",
        LATENT,
        lambda t: (allow(t, sources=HALVES[0]),),
        stage="subnet",
        opposite=lambda t: (allow(t, sources=HALVES[1]),),
    ),
    Shape("latent_no_public_ip", "trap", LATENT, lambda t: (allow(t),), public_ip=None),  # G23
    Shape("standard_no_nsg", "trap", HARMLESS, stage="none"),  # E01
    Shape("basic_closed_by_nsg", "trap", HARMLESS, public_ip="Basic"),  # E04
    Shape("unattached_public_ip", "trap", HARMLESS, stage="address only"),  # G25
    Shape(
        "other_destination",  # E24
        "trap",
        LATENT,
        lambda t: (allow(t, destinations=t.other_address),),
    ),
    Shape(
        "asg_not_member",  # E27
        "trap",
        LATENT,
        lambda t: (allow(t, destination_asg=t.other_asg_id),),
        uses_asg=True,
    ),
    Shape(
        "source_asg", "trap", HARMLESS, lambda t: (_innocent(t, source_asg=t.asg_id),), uses_asg=True
    ),  # E28
    Shape("udp_only", "trap", HARMLESS, lambda t: (_innocent(t, protocol="Udp"),)),  # E30
    Shape("outbound_allow", "trap", HARMLESS, lambda t: (_innocent(t, direction="Outbound"),)),  # E34
    Shape("private_source", "trap", HARMLESS, lambda t: (_innocent(t, sources="10.0.0.0/8"),)),  # E16
    Shape(
        "virtual_network_tag", "trap", HARMLESS, lambda t: (_innocent(t, sources="VirtualNetwork"),)
    ),  # E17
    Shape(
        "load_balancer_tag",  # E18
        "trap",
        HARMLESS,
        lambda t: (_innocent(t, sources="AzureLoadBalancer", ports="*"),),
    ),
    Shape(
        "limited_prefix",  # E15
        "trap",
        Intention("exposed", "limited", None),
        lambda t: (allow(t, sources=pick(t, "198.51.100.0/24", "203.0.113.7")),),
    ),
    Shape(
        "azure_cloud",  # E19
        "trap",
        Intention("exposed", "azure", "high"),
        lambda t: (allow(t, sources=pick(t, "AzureCloud", "AzureCloud.westeurope")),),
    ),
    Shape(
        "other_service_tag",
        "trap",
        Intention("exposed", "tag", None),
        lambda t: (allow(t, sources=pick(t, "GatewayManager", "AzureDevOps")),),
    ),
)
