"""`network.exposure.vm_effective`: sensitive ports that strangers really reach on a machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from shared.domain.exposure import Protocol, SourceClass, Verdict
from shared.domain.finding import Observation, fingerprint, pack_evidence
from shared.domain.resource import parse_arm_id
from shared.domain.severity import Severity
from shared.exposure.intervals import Intervals, intersection, union
from shared.exposure.network import SubscriptionNetwork
from shared.exposure.path import Unread
from shared.exposure.ports import write_ports
from shared.exposure.projection import INTERFACE_TYPE, NETWORK_TYPES
from shared.exposure.reach import Reach, lets_azure_in
from shared.rules.base import RuleMetadata, RuleResult, RuleScope, RuleStatus
from shared.rules.packs.network import (
    any_port_from_internet,
    database_ports_from_internet,
    kube_api_and_docker_from_internet,
    legacy_cleartext_from_internet,
    rdp_from_internet,
    smb_from_internet,
    ssh_from_internet,
    udp_from_internet,
    winrm_from_internet,
)
from shared.rules.packs.network._admission import (
    EFFECTIVE_RULE_ID,
    MOST_SHOWN,
    InternetAdmission,
    nsg_rule_id,
    paths_of,
)
from shared.rules.packs.network._openings import openings
from shared.rules.packs.network._port_group import PortGroup, in_words
from shared.rules.packs.network._risk import Standing, risk_factors, risk_score, severity_of

_GROUPS: Final[tuple[InternetAdmission, ...]] = (
    ssh_from_internet.RULE,
    rdp_from_internet.RULE,
    database_ports_from_internet.RULE,
    smb_from_internet.RULE,
    winrm_from_internet.RULE,
    legacy_cleartext_from_internet.RULE,
    kube_api_and_docker_from_internet.RULE,
    udp_from_internet.RULE,
    any_port_from_internet.RULE,
)
"""Every port group of the `network.nsg.*` rules but web servers', which are meant for everybody."""

_STANDINGS: Final = {
    Verdict.EXPOSED: Standing.EXPOSED,
    Verdict.UNVERIFIED: Standing.UNVERIFIED,
    Verdict.POSSIBLE: Standing.POSSIBLE,
}


@dataclass(frozen=True, slots=True)
class EffectiveReach:
    """One finding for each group of sensitive ports within reach; the subject is the VM, else the NIC."""

    metadata: RuleMetadata
    groups: tuple[InternetAdmission, ...]

    def evaluate(self, subject: SubscriptionNetwork) -> Iterator[RuleResult]:
        """One result for each machine (or interface of none), and for each interface not readable."""
        for identity, interfaces in _subjects(subject):
            reaches = [reach for key in interfaces for reach in subject.reaches_of.get(key, ())]
            found = tuple(
                observation
                for group in self.groups
                if (observation := self._observation(subject, identity, group, reaches)) is not None
            )
            reason = _unread(subject, interfaces)
            if found:
                yield RuleResult(self.metadata.rule_id, identity, RuleStatus.FAIL, found, reason)
            elif reason is not None:
                yield RuleResult(self.metadata.rule_id, identity, RuleStatus.ERROR, reason=reason)
            else:
                yield RuleResult(self.metadata.rule_id, identity, RuleStatus.PASS)
        for failure in subject.unreadable:
            if failure.resource_id is not None and (failure.type or "").lower() == INTERFACE_TYPE:
                yield RuleResult(
                    self.metadata.rule_id, failure.resource_id, RuleStatus.ERROR, reason=failure.reason
                )

    def _observation(
        self,
        network: SubscriptionNetwork,
        identity: str,
        group: InternetAdmission,
        reaches: Sequence[Reach],
    ) -> Observation | None:
        telling = sorted((r for r in reaches if _tells(r, group)), key=_badness)
        alike, opened = _worst(telling, group.ports)
        if not opened:
            return None
        worst = alike[-1]
        standing, azure_only = _STANDINGS[worst.verdict], worst.source_class is not SourceClass.INTERNET
        linked = _linked(network, group, telling)
        factors = risk_factors(group.metadata.risk_score, standing, azure_only, bool(linked))
        parsed = parse_arm_id(identity)
        machine = parsed.type != INTERFACE_TYPE
        evidence = {
            "group": f"{identity.lower()}|{group.metadata.rule_id}",
            "ports": {protocol.value: list(write_ports(ports)) for protocol, ports in opened.items()},
            "class": "azure" if azure_only else "internet",
            "verdict": standing.verdict,
            "note": worst.note,
            **paths_of(telling),
            "linked_findings": linked[:MOST_SHOWN],
            "risk_factors": [factor.as_json() for factor in factors],
        }
        return Observation(
            rule_id=self.metadata.rule_id,
            resource_id=identity,
            discriminator=group.metadata.rule_id,
            evaluated_id=identity,
            subscription_id=parsed.subscription_id.lower(),
            resource_group=parsed.resource_group,
            resource_name=parsed.name,
            resource_type="VIRTUAL_MACHINE" if machine else "NETWORK_INTERFACE",
            severity=severity_of(group.metadata.severity, standing, azure_only),
            title=f"{group.ports.name} reachable from the internet",
            description=_description(group, opened, alike, standing, azure_only),
            risk_score=risk_score(factors),
            cvss_score=group.metadata.cvss_score,
            auto_remediable=False,
            remediation_steps=(*group.metadata.remediation_steps, *self.metadata.remediation_steps),
            packed_evidence=pack_evidence(evidence, identity, identity),
        )


def _subjects(network: SubscriptionNetwork) -> Iterator[tuple[str, list[str]]]:
    """Machines, and interfaces that belong to none, with the keys of their interfaces."""
    by_subject: dict[str, tuple[str, list[str]]] = {}
    for key, interface in sorted(network.tables.interfaces.items()):
        if not interface.private_endpoint:
            identity = network.subject_of(key)
            by_subject.setdefault(identity.lower(), (identity, []))[1].append(key)
    yield from by_subject.values()


def _tells(reach: Reach, group: InternetAdmission) -> bool:
    pieces = reach.pieces_on(group.ports.on(reach.protocol))
    if reach.source_class is SourceClass.INTERNET:
        return any(True for _ in pieces)
    return any(map(lets_azure_in, pieces))


def _badness(reach: Reach) -> tuple[int, bool]:
    """Order from the worst: verdict, then whether only Azure customers get through."""
    return list(_STANDINGS).index(reach.verdict), reach.source_class is not SourceClass.INTERNET


def _worst(telling: Sequence[Reach], ports: PortGroup) -> tuple[list[Reach], dict[Protocol, Intervals]]:
    """The worst that the group's ports come to: the reaches behind it, the last of them telling, and ports.

    A group that counts as a whole only may take several reaches, and is as sure as the least sure of them.
    """
    for step in sorted(set(map(_badness, telling))):
        alike = [reach for reach in telling if _counts_at(step, reach)]
        opened: dict[Protocol, Intervals] = {}
        for reach in alike:
            here = intersection(reach.backend_ports, ports.on(reach.protocol))
            opened[reach.protocol] = union(opened.get(reach.protocol, ()), here)
        counted = ports.counted(opened)
        if counted:
            return alike, counted
    return [], {}


def _counts_at(step: tuple[int, bool], reach: Reach) -> bool:
    """Whether a reach is at least as bad as `step`: as sure, and open to everybody whom that is open to."""
    verdict, azure_only = _badness(reach)
    return verdict <= step[0] and azure_only <= step[1]


def _linked(network: SubscriptionNetwork, group: InternetAdmission, reaches: Sequence[Reach]) -> list[str]:
    """Fingerprints of the findings at NSG rules through which the reaches go."""
    found: dict[str, None] = {}
    for key in dict.fromkeys(name.lower() for reach in reaches for name in reach.receiver.stages.values()):
        owner = network.tables.groups.get(key)
        if owner is not None:
            for opening in openings(network, key, owner, group.ports):
                if opening.reaches(reaches):
                    found[fingerprint(group.metadata.rule_id, nsg_rule_id(owner, opening))] = None
    return list(found)


def _description(
    group: InternetAdmission,
    opened: dict[Protocol, Intervals],
    reaches: Sequence[Reach],
    standing: Standing,
    azure_only: bool,
) -> str:
    whom = "any Azure customer" if azure_only else "the internet"
    arrivals = [reach.arrival for reach in reaches if reach.arrival is not None]
    entries = sorted({arrival.public_ip or arrival.entry_point for arrival in arrivals})
    through = ", ".join(entries[:3]) + (f" and {len(entries) - 3} more" if len(entries) > 3 else "")
    unsure = {Standing.UNVERIFIED: " (not verified)", Standing.POSSIBLE: " (possible)"}.get(standing, "")
    return f"{in_words(group.ports.label, opened)} can be reached from {whom} through {through}{unsure}"


def _unread(network: SubscriptionNetwork, interfaces: Sequence[str]) -> str | None:
    """Why a pass cannot be given: a stage on the way in, or the way in itself, could not be read."""
    for key in interfaces:
        interface = network.tables.interfaces[key]
        for balancer in network.topology.unread_balancers(interface):
            return f"load balancer {balancer}, which sends packets to {interface.id}, could not be read"
        for arrival, _, stages in network.topology.entrances(interface):
            if any(isinstance(rules, Unread) for _, rules in stages.nsgs()):
                where = arrival.public_ip or arrival.entry_point
                return f"a network security group between {where} and {interface.id} could not be read"
    return None


RULE = EffectiveReach(
    RuleMetadata(
        rule_id=EFFECTIVE_RULE_ID,
        title="VM has no effective internet path to sensitive ports",
        finding_title="Sensitive ports reachable from the internet",
        description=(
            "A stranger's packet to a sensitive port passes every stage between a public entry point and the "
            "machine: security admin rules, the NSG of the subnet and the NSG of the interface."
        ),
        severity=Severity.CRITICAL,
        cvss_score=None,
        risk_score=95,
        resource_type="VIRTUAL_MACHINE",
        reads=NETWORK_TYPES,
        references=("https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works",),
        remediation_steps=("Remove the public entry point where the machine does not need one",),
        auto_remediable=False,
        scope=RuleScope.NETWORK,
    ),
    _GROUPS,
)
