"""Comparing our judgement of a packet with Azure's two answers about it. Pure.

IP flow verify is the first word: Azure itself judges the packet, by NSGs and by the rules of Virtual Network
Manager (Microsoft Learn, "IP flow verify overview"). It tries one sender and one source port. The effective
security rules are the second word, heard where the first gives none or denies: they show, with tags expanded,
whether another sender gets through that one failed for; they may not show what a network manager adds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.confirmation import ConfirmationResult, Witness
from shared.domain.probe import Probe
from shared.exposure.effective_rules import (
    SOURCE_PORT,
    EffectiveRules,
    NotUnderstoodError,
    Packet,
    read_effective_rules,
)

_ACCESS: Final = {"allow": True, "deny": False}
_OF_GROUPS: Final = ("securityrules/", "defaultsecurityrules/", "userrule_", "defaultrule_")
"""How the names of NSG rules begin in Azure's answers (Microsoft Learn, "Diagnose a virtual machine network
traffic filter problem"; REST example of Network Watchers - Verify IP Flow)."""


@dataclass(frozen=True, slots=True)
class FlowAnswer:
    """What IP flow verify says of the probe's packet from its first sender."""

    allowed: bool
    rule: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question without a usable answer, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome; `by` is None where there was no answer."""

    result: ConfirmationResult
    by: Witness | None
    reason: str


def flow_question(probe: Probe) -> dict[str, str]:
    """The body of `ipFlowVerify` (REST reference "Network Watchers - Verify IP Flow")."""
    return {
        "targetResourceId": probe.machine,
        "targetNicResourceId": probe.interface,
        "direction": "Inbound",
        "protocol": probe.protocol.value.upper(),
        "localIPAddress": probe.local,
        "localPort": str(probe.port),
        "remoteIPAddress": probe.senders[0],
        "remotePort": str(SOURCE_PORT),
    }


def read_flow(answer: Mapping[str, Any]) -> FlowAnswer:
    """The answer of `ipFlowVerify`: `access` and `ruleName`.

    Raises:
        NotUnderstoodError: it has another form.
    """
    access = answer.get("access")
    if not isinstance(access, str) or access.lower() not in _ACCESS:
        raise NotUnderstoodError("access: neither Allow nor Deny")
    return FlowAnswer(_ACCESS[access.lower()], str(answer.get("ruleName") or "")[:200])


def needs_second_word(flow: FlowAnswer | Unanswered) -> bool:
    """Whether the effective security rules are to be asked too."""
    return isinstance(flow, Unanswered) or not flow.allowed


def compared(
    probe: Probe, flow: FlowAnswer | Unanswered, effective: Mapping[str, Any] | Unanswered
) -> Comparison:
    """What the answers say of an exposure that we hold for certain.

    Args:
        effective: the answer of `effectiveNetworkSecurityGroups`; not looked at where `needs_second_word`
            says no.
    """
    packet = f"{probe.protocol.value} {probe.port} from {probe.senders[0]}"
    if isinstance(flow, FlowAnswer) and flow.allowed:
        said = f"IP flow verify lets {packet} in{_by_rule(flow.rule)}"
        return Comparison(ConfirmationResult.CONFIRMED, Witness.IP_FLOW_VERIFY, said)
    denied = f"IP flow verify denies {packet}{_by_rule(flow.rule)}" if isinstance(flow, FlowAnswer) else ""
    try:
        if isinstance(effective, Unanswered):
            raise NotUnderstoodError(effective.reason)
        rules = read_effective_rules(effective)
        if isinstance(flow, FlowAnswer):
            return _second_look(probe, flow.rule, denied, rules)
        return _by_effective_rules(probe, rules)
    except NotUnderstoodError as error:
        if isinstance(flow, FlowAnswer):
            # One sender was tried; that others fail too takes the second word.
            reason = f"{denied}; whether other senders are denied too is not known: {error}"
            return Comparison(ConfirmationResult.NOT_CONFIRMABLE, Witness.IP_FLOW_VERIFY, reason)
        return Comparison(
            ConfirmationResult.NOT_CONFIRMABLE,
            None,
            f"IP flow verify: {flow.reason}; effective security rules: {error}",
        )


def _second_look(probe: Probe, rule: str, denied: str, rules: EffectiveRules) -> Comparison:
    """Azure denied one packet: whether the rules in force let another one in."""
    comparison = _by_effective_rules(probe, rules)
    if comparison.result is ConfirmationResult.CONTRADICTED or not _is_of_groups(rule, rules):
        return Comparison(ConfirmationResult.CONTRADICTED, Witness.IP_FLOW_VERIFY, denied)
    return Comparison(comparison.result, comparison.by, f"{denied}; but {comparison.reason}")


def _by_effective_rules(probe: Probe, rules: EffectiveRules) -> Comparison:
    by = Witness.EFFECTIVE_SECURITY_RULES
    denying = ""
    for sender in probe.senders:
        allowed, rule = rules.decision(Packet(probe.protocol, sender, probe.local, probe.port))
        if allowed:
            said = f"the effective security rules let {probe.protocol.value} {probe.port} from {sender} in"
            return Comparison(ConfirmationResult.CONFIRMED, by, said + _by_rule(rule))
        denying = denying or rule
    tried = ", ".join(probe.senders)
    said = f"the effective security rules deny {probe.protocol.value} {probe.port} from {tried}"
    return Comparison(ConfirmationResult.CONTRADICTED, by, said + _by_rule(denying))


def _is_of_groups(rule: str, rules: EffectiveRules) -> bool:
    """Whether a rule is an NSG's: a network manager's is not among the effective rules of groups."""
    name = rule.lower()
    return name.startswith(_OF_GROUPS) or name in rules.names()


def _by_rule(rule: str) -> str:
    return f" (rule {rule})" if rule else ""
