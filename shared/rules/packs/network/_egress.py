"""Rules of an NSG that let everything out to the internet, after the rules before them had their say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from shared.domain.exposure import Protocol
from shared.domain.resource import Resource
from shared.exposure.admission import admissions, may_open, names_ipv6
from shared.exposure.first_match import RuleSet
from shared.exposure.intervals import Intervals, difference, union, union_of
from shared.exposure.nsg import read_outbound_turned
from shared.exposure.ports import parse_ports, ports_of
from shared.exposure.projection import NSG_TYPE
from shared.exposure.security_rule import RuleFields, SecurityRule
from shared.rules.columns import Fact
from shared.rules.packs.network._openings import of_admission
from shared.rules.packs.network._port_group import PortGroup

_EVERY: Final = ports_of(spans=((1, 65535),))
_WHOLE: Final = PortGroup("Any", {Protocol.TCP: _EVERY, Protocol.UDP: _EVERY}, whole=True)


def _let_out(resource: Resource) -> list[dict[str, Any]]:
    """Name, priority and protocols of each rule that lets out to every port of the internet.

    Only the user's rules are judged: Azure's own AllowInternetOutBound is in every NSG.
    """
    written = read_outbound_turned(resource.properties)
    if not _names_every_port(written):
        return []
    rules = RuleSet.compiled(written)
    if not may_open(rules):
        return []
    opened: dict[SecurityRule, dict[Protocol, Intervals]] = {}
    for admission in admissions(rules, (4, 6) if names_ipv6(rules) else (4,), wide_only=True):
        for opening in of_admission(admission):
            if not opening.azure_only:
                ports = opened.setdefault(opening.rule, {})
                known = ports.get(admission.protocol, ())
                ports[admission.protocol] = union(known, (admission.low, admission.high))
    found = ((rule, _WHOLE.counted(_of_tcp_and_udp(ports))) for rule, ports in opened.items())
    return [
        {"name": rule.name, "priority": rule.priority, "protocols": sorted(counted)}
        for rule, counted in sorted(found, key=lambda one: one[0].priority)
        if counted
    ]


def _names_every_port(written: Sequence[RuleFields]) -> bool:
    """Whether the allowing rules name every port of TCP or of UDP: quick, and false for most NSGs."""
    allowing = [rule for rule in written if rule.action == "allow"]
    return any(
        not difference(_EVERY, union_of(parse_ports(one.ports) for one in allowing if one.protocol in meant))
        for meant in (("tcp", "*"), ("udp", "*"))
    )


def _of_tcp_and_udp(ports: dict[Protocol, Intervals]) -> dict[Protocol, Intervals]:
    return {protocol: opened for protocol, opened in ports.items() if protocol in _WHOLE.ports}


LET_OUT: Final = Fact("let_out", NSG_TYPE, _let_out)
"""What `network.nsg.unrestricted_egress` reads of an NSG."""
