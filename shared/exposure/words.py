"""The path of an exposure as a sentence for people."""

from __future__ import annotations

from shared.domain.exposure import Exposure, PathStep, SourceClass, Verdict

_WHO = {
    SourceClass.INTERNET: "internet",
    SourceClass.LIMITED: "listed public addresses",
    SourceClass.AZURE: "any Azure customer",
    SourceClass.TAG: "a service tag",
}
_NO_GROUP = "open: no network security group on the path"
_OPEN = {"service_firewall": "open: no rule of the service says who may connect"}
_UNSURE = {
    Verdict.UNVERIFIED: "unverified",
    Verdict.POSSIBLE: "possible",
    Verdict.LATENT: "latent: no public address",
    Verdict.UNATTACHED: "unattached",
}


def path_in_words(exposure: Exposure) -> str:
    """`internet -> 20.1.2.3 -> nic-7; allowed by nsg-app rule 'ssh' (100)`."""
    hops = [_WHO[exposure.source_class]]
    if exposure.entry_point is not None:
        hops.append(exposure.public_ip or _name(exposure.entry_point))
    hops += [
        _name(step.resource_id)
        for step in exposure.path
        if step.resource_id and step.rule is None and step.resource_id != exposure.entry_point
    ]
    clauses = [" -> ".join(hops)]
    allowing = [_rule(step) for step in exposure.path if step.rule is not None]
    if allowing:
        clauses.append("allowed by " + " and ".join(allowing))
    else:
        clauses += [_OPEN.get(step.stage, _NO_GROUP) for step in exposure.path if step.decision == "open"]
    if exposure.verdict in _UNSURE:
        clauses.append(_UNSURE[exposure.verdict])
    return "; ".join(clauses)


def _rule(step: PathStep) -> str:
    owner = _name(step.resource_id) + " " if step.resource_id else ""
    priority = "" if step.priority is None else f" ({step.priority})"
    return f"{owner}rule '{step.rule}'{priority}"


def _name(resource_id: str | None) -> str:
    return (resource_id or "").rsplit("/", 1)[-1]
