"""From packets to verdicts: what the sample packets say about each NSG and each public endpoint of an estate.

The severity ladder is the product's published one (docs/architecture.md, "From exposure to findings"),
written down here a second time on purpose.
"""

from collections.abc import Iterable
from typing import Any, Literal

from samples import truth
from samples.admissions import admissions, strongest_reach
from samples.arm import Resource
from samples.sensitive_ports import SENSITIVE, SEVERITIES
from samples.shapes import GROUP_PORTS, RULE_IDS, Group
from samples.topology import Endpoint, Topology

Verdict = Literal["exposed", "latent", "unattached", "none"]
EFFECTIVE = "network.exposure.vm_effective"

_VERDICTS: tuple[Verdict, ...] = ("exposed", "latent", "unattached", "none")
_VERDICT_SEVERITY: dict[Verdict, int] = {"exposed": 0, "latent": 2, "unattached": 3}


def severity(rule_id: str, verdict: Verdict, reach: truth.Reach | None) -> str | None:
    """Severity of a finding about one port group, given by its rule id; None where it is none."""
    if verdict == "none" or reach not in ("internet", "azure"):
        return None
    own = SEVERITIES.index(SENSITIVE[rule_id].severity)
    step = max(own, _VERDICT_SEVERITY[verdict]) + (1 if reach == "azure" else 0)
    return SEVERITIES[min(step, len(SEVERITIES) - 1)]


def _group_verdict(topology: Topology, nsg: Resource, group: Group) -> Verdict:
    if not (nsg["properties"].get("networkInterfaces") or nsg["properties"].get("subnets")):
        return "unattached"
    if any(endpoint.reach(group) for endpoint in topology.endpoints_behind(nsg)):
        return "exposed"
    return "latent"


def _stopped_by(topology: Topology, nsg: Resource, groups: Iterable[Group]) -> list[str]:
    """Ids of the NSGs at the other stage that stop strangers whom this one lets through."""
    rules = truth.inbound_rules(nsg)
    stoppers = []
    for endpoint in topology.endpoints_behind(nsg):
        alone = truth.deliveries([rules], endpoint.receiver)
        for group in groups:
            passes = any(alone.get(("tcp", port)) for port in GROUP_PORTS[group])
            if passes and endpoint.reach(group) is None:
                stoppers += [other["id"] for other in endpoint.nsgs if other is not nsg]
    return sorted(set(stoppers))


def _finding(rule_id: str, subject: str, verdict: Verdict, reach: truth.Reach) -> dict[str, Any]:
    return {
        "rule_id": rule_id,
        "subject": subject,
        "verdict": verdict,
        "class": reach,
        "severity": severity(subject if rule_id == EFFECTIVE else rule_id, verdict, reach),
    }


def _at_machine(endpoint: Endpoint) -> list[dict[str, Any]]:
    """What must be found at the machine: a finding for each port group that the internet or Azure reaches."""
    found = [_finding(EFFECTIVE, rule_id, "exposed", reach) for rule_id, reach in endpoint.groups.items()]
    return [finding for finding in found if finding["severity"] is not None]


def judge_nsg(topology: Topology, nsg: Resource) -> dict[str, Any]:
    """The verdict fields of a truth record about one NSG (samples/README.md says what each means)."""
    admitted = admissions(nsg)
    verdicts = {group: _group_verdict(topology, nsg, group) for group in admitted}
    findings = [
        _finding(RULE_IDS[group], subject, verdicts[group], admission.reach)
        for group, admission in admitted.items()
        for subject in admission.blamed
    ]
    order = {rule.name: rule.priority for rule in truth.inbound_rules(nsg)}
    subjects = {name for admission in admitted.values() for name in admission.admitting}
    return _verdict_fields(
        rule_ids=sorted({finding["rule_id"] for finding in findings}),
        subjects=sorted(subjects, key=lambda name: order[name]),
        ports=sorted(port for admission in admitted.values() for port in admission.ports),
        verdict=next((verdict for verdict in _VERDICTS if verdict in verdicts.values()), "none"),
        reach=strongest_reach(admission.reach for admission in admitted.values()),
        findings=findings,
    ) | {"stopped_by": _stopped_by(topology, nsg, admitted)}


def judge_endpoint(endpoint: Endpoint | None) -> dict[str, Any]:
    """The verdict fields of a truth record about a public IP without any NSG (None: without a NIC)."""
    reached = {group: reach for group in RULE_IDS if endpoint and (reach := endpoint.reach(group))}
    findings = _at_machine(endpoint) if endpoint else []
    return _verdict_fields(
        rule_ids=sorted({finding["rule_id"] for finding in findings}),
        subjects=[],
        ports=sorted(port for group in reached for port in GROUP_PORTS[group]),
        verdict="exposed" if reached else "none",
        reach=strongest_reach(reached.values()),
        findings=findings,
    ) | {"stopped_by": []}


def _verdict_fields(
    *,
    rule_ids: list[str],
    subjects: list[str],
    ports: list[int],
    verdict: Verdict,
    reach: truth.Reach | None,
    findings: list[dict[str, Any]],
) -> dict[str, Any]:
    severities = {finding["severity"] for finding in findings}
    return {
        "rule_ids": rule_ids,
        "subjects": subjects,
        "ports": {"tcp": ports} if ports else {},
        "verdict": verdict,
        "class": reach,
        "max_severity": next((name for name in SEVERITIES if name in severities), None),
        "expect_finding": bool(findings),
        "findings": findings,
    }


def endpoint_record(endpoint: Endpoint) -> dict[str, Any]:
    """The truth record of one public endpoint: which sampled ports strangers reach, by protocol and class."""
    reachable: dict[str, dict[str, list[int]]] = {}
    for (protocol, port), widest in sorted(endpoint.arrivals.items()):
        reachable.setdefault(protocol, {}).setdefault(widest, []).append(port)
    machine = endpoint.nic["properties"].get("virtualMachine") or {}
    return {
        "kind": "endpoint",
        "public_ip_id": endpoint.public_ip["id"],
        "public_ip": endpoint.public_ip["properties"].get("ipAddress"),
        "nic_id": endpoint.nic["id"],
        "ip_configuration_id": endpoint.configuration["id"],
        "vm_id": machine.get("id"),
        "nsg_ids": [nsg["id"] for nsg in endpoint.nsgs],
        "reachable": reachable,
        "groups": endpoint.groups,
        "findings": _at_machine(endpoint),
    }
