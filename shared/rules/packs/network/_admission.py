"""The predicate behind every `network.nsg.*_from_internet` rule: an NSG lets strangers to a port group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any, Final

from shared.domain.finding import Observation, fingerprint, pack_evidence
from shared.domain.resource import parse_arm_id
from shared.exposure.network import SubscriptionNetwork
from shared.exposure.ports import write_ports
from shared.exposure.projection import NSG_TYPE
from shared.exposure.reach import Reach
from shared.exposure.tables import SecurityGroup
from shared.exposure.words import path_in_words
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.packs.network._openings import Opening, openings
from shared.rules.packs.network._port_group import PortGroup, in_words
from shared.rules.packs.network._risk import Standing, risk_factors, risk_score, severity_of
from shared.rules.packs.network._standing import Placement, place

MOST_SHOWN: Final = 20
"""Paths, exposures and sources that a finding's evidence lists; totals are always given."""

EFFECTIVE_RULE_ID: Final = "network.exposure.vm_effective"
"""The rule that reports the same exposure at the machine that can be reached."""

_NODE_GROUPS: Final = "mc_"
"""How names of the resource groups that AKS makes for nodes begin, unless chosen otherwise: "custom changes
that aren't done via the AKS API won't persist" there (https://learn.microsoft.com/azure/aks/resize-node-pool).
"""
_AT_THE_CLUSTER: Final = (
    "The group is of an AKS cluster, which undoes changes of it: limit the Kubernetes service that opens the "
    "port (loadBalancerSourceRanges), or make it internal"
)

_SUFFIX: Final = {
    Standing.EXPOSED: "",
    Standing.UNVERIFIED: "; whether strangers get through could not be verified",
    Standing.POSSIBLE: "; strangers may get through by way of a default route",
    Standing.LATENT: "; no public path leads there yet",
    Standing.UNATTACHED: "; the network security group is attached to nothing",
}


@dataclass(frozen=True, slots=True)
class InternetAdmission:
    """A rule that judges each NSG by itself, and takes severity and words from the whole path."""

    metadata: RuleMetadata
    ports: PortGroup
    at_machine: bool = True
    """Whether `EFFECTIVE_RULE_ID` reports these ports at the machine too."""

    def evaluate(self, subject: SubscriptionNetwork) -> Iterator[RuleResult]:
        """One result for each NSG that was read, and for each that could not be."""
        for key, group in subject.groups:
            found = tuple(
                self._observation(subject, key, group, opening)
                for opening in openings(subject, key, group, self.ports)
            )
            status = RuleStatus.FAIL if found else RuleStatus.PASS
            yield RuleResult(self.metadata.rule_id, group.id, status, found)
        for failure in subject.unreadable:
            if failure.resource_id is not None and (failure.type or "").lower() == NSG_TYPE:
                yield RuleResult(
                    self.metadata.rule_id, failure.resource_id, RuleStatus.ERROR, reason=failure.reason
                )

    def _observation(
        self, network: SubscriptionNetwork, key: str, group: SecurityGroup, opening: Opening
    ) -> Observation:
        placement = place(network, key, group, opening)
        azure_only = placement.azure_only
        factors = risk_factors(self.metadata.risk_score, placement.standing, azure_only)
        identity = parse_arm_id(group.id)
        of_cluster = identity.resource_group.lower().startswith(_NODE_GROUPS)
        steps = self.metadata.remediation_steps
        resource_id = nsg_rule_id(group, opening)
        evidence = _evidence(group, opening, placement)
        evidence["linked_findings"] = self._linked(network, placement)
        evidence["risk_factors"] = [factor.as_json() for factor in factors]
        return Observation(
            rule_id=self.metadata.rule_id,
            resource_id=resource_id,
            evaluated_id=group.id,
            subscription_id=intern(identity.subscription_id.lower()),
            resource_group=intern(identity.resource_group),
            resource_name=opening.rule.name,
            resource_type=self.metadata.resource_type,
            severity=severity_of(self.metadata.severity, placement.standing, azure_only),
            title=self.metadata.finding_title,
            description=self._description(opening, placement),
            risk_score=risk_score(factors),
            cvss_score=self.metadata.cvss_score,
            auto_remediable=self.metadata.auto_remediable and not of_cluster,
            remediation_steps=(_AT_THE_CLUSTER, *steps) if of_cluster else steps,
            packed_evidence=pack_evidence(evidence, resource_id, group.id),
        )

    def _linked(self, network: SubscriptionNetwork, placement: Placement) -> list[str]:
        """Fingerprints of the findings at the machines that this opening lets strangers reach."""
        if not self.at_machine:
            return []
        subjects = (network.subject_of(reach.receiver.id.lower()) for reach in placement.reaches)
        prints = (fingerprint(EFFECTIVE_RULE_ID, one, self.metadata.rule_id) for one in subjects)
        return list(dict.fromkeys(prints))[:MOST_SHOWN]

    def _description(self, opening: Opening, placement: Placement) -> str:
        whom = "every Azure customer" if opening.azure_only else "the internet"
        verb = "is" if in_words("", opening.ports).startswith(" port ") else "are"
        text = f"{in_words(self.ports.label, opening.ports)} {verb} open to {whom} ({_sources(opening)})"
        if placement.standing is Standing.STOPPED:
            return f"{text}; stopped by {placement.stopped_by}"
        if placement.azure_only and not opening.azure_only:
            text += "; another stage lets only Azure customers through"
        return text + _SUFFIX[placement.standing]


def nsg_rule_id(group: SecurityGroup, opening: Opening) -> str:
    """The ARM id of the rule that is to blame."""
    return f"{group.id}/securityRules/{opening.rule.name}"


def _sources(opening: Opening) -> str:
    """The sources as the rules write them."""
    rules = [opening.rule, *sorted(opening.partners, key=lambda rule: rule.priority)]
    words = list(dict.fromkeys(word for rule in rules for word in rule.source_words))
    more = f" and {len(words) - 5} more" if len(words) > 5 else ""
    return ", ".join(words[:5]) + more


def _evidence(group: SecurityGroup, opening: Opening, placement: Placement) -> dict[str, Any]:
    rule = opening.rule
    return {
        "group": nsg_rule_id(group, opening).lower(),
        "network_security_group": group.id,
        "rule": {"name": rule.name, "priority": rule.priority},
        "together_with": sorted(partner.name for partner in opening.partners),
        "sources": list(rule.source_words[:MOST_SHOWN]),
        "sources_total": len(rule.source_words),
        "ports": {protocol.value: list(write_ports(ports)) for protocol, ports in opening.ports.items()},
        "class": "azure" if placement.azure_only else "internet",
        "verdict": placement.standing.verdict,
        "stopped_by": placement.stopped_by,
        "unread": list(placement.unread[:MOST_SHOWN]),
        **paths_of(placement.reaches),
    }


def paths_of(reaches: Sequence[Reach]) -> dict[str, Any]:
    """Evidence: the paths in words, and the keys of the rows of the exposure table that they are part of."""
    rows = list(dict.fromkeys(reach.key for reach in reaches))
    return {
        "paths": [path_in_words(reach.exposure()) for reach in reaches[:MOST_SHOWN]],
        "exposures": rows[:MOST_SHOWN],
        "exposures_total": len(rows),
    }
