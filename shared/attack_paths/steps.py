"""A candidate written out: each step in words, with the fact that it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from shared.attack_paths.candidates import Candidate
from shared.attack_paths.graph import AttackGraph, Lead, Start
from shared.attack_paths.ranking import score, severity
from shared.domain.attack_path import AttackPath, AttackStep, StepKind
from shared.rules.access.certainty import Certainty
from shared.rules.access.workloads import RunsAs, Workload
from shared.rules.packs.rbac._assignments import Assignment

INTERNET: Final = "internet"


def written(candidate: Candidate, graph: AttackGraph) -> AttackPath:
    """The path of a candidate."""
    estate, store = graph.estate, graph.estate.stores.get(candidate.target)
    workload = estate.workloads.get(candidate.entry.receiver)
    receiver = workload or estate.stores.get(candidate.entry.receiver)
    points = score(candidate.impact, candidate.likelihood)
    return AttackPath(
        subscription_id=estate.resources.subscription_id,
        entry_point=candidate.entry.point,
        workload=receiver.id if receiver is not None else candidate.entry.receiver,
        target=store.id if store is not None else estate.id,
        target_type=store.kind.type if store is not None else "microsoft.resources/subscriptions",
        severity=severity(points),
        verdict=candidate.certainty.verdict,
        score=points,
        impact=candidate.impact,
        likelihood=round(candidate.likelihood, 4),
        steps=tuple(_Writer(candidate, graph).steps()),
    )


class _Writer:
    """Writes the steps of one candidate."""

    def __init__(self, candidate: Candidate, graph: AttackGraph) -> None:
        self._candidate = candidate
        self._graph = graph

    def steps(self) -> Iterator[AttackStep]:
        entry, found = self._candidate.entry, self._candidate.found
        estate = self._graph.estate
        workload = estate.workloads.get(entry.receiver)
        receiver = workload or estate.stores[entry.receiver]
        label = receiver.kind.label
        words = f"The internet reaches {label} {receiver.name}: {entry.words}"
        yield _step(StepKind.REACHES, INTERNET, receiver.id, words, entry.fact, entry.certainty, entry.note)
        at = receiver.id
        for node in found.nodes():
            if node[0] == "w":
                reached = estate.workloads[node[1:]]
                yield self._code(at, reached)
                workload, at = reached, reached.id
            elif workload is not None:
                start = self._start(workload, node[1:], found.certainty)
                yield from self._holds(workload, start)
                at = start.hold.assignment.scope
        yield from self._end(workload, at, found.lead)

    def _start(self, workload: Workload, grant: str, certainty: Certainty) -> Start:
        """The shortest way to the grant that is sure enough: the one that the search took."""
        ways = [one for one in self._graph.starts(workload.key)[grant] if one.hold.certainty <= certainty]
        return min(ways, key=lambda one: (one.steps, one.rank))

    def _holds(self, workload: Workload, start: Start) -> Iterator[AttackStep]:
        identity, hold = start.identity, start.hold
        yield _runs_as(workload, identity)
        holder, who = identity.object_id, identity.label
        assignment, role = hold.assignment, hold.grant.role
        if hold.group is not None:
            words = f"{who} is a member of group {hold.group}"
            certainty, note = Certainty.READ, None
            if hold.certainty is Certainty.UNREAD:
                words, certainty, note = (
                    f"{who} may be a member of group {hold.group}",
                    hold.certainty,
                    hold.note,
                )
            fact = f"/groups/{assignment.principal}"
            yield _step(StepKind.MEMBER_OF, holder, assignment.principal, words, fact, certainty, note)
            holder, who = assignment.principal, f"group {hold.group}"
        certainty, note = (
            (Certainty.READ, None) if hold.certainty is Certainty.UNREAD else (hold.certainty, hold.note)
        )
        words = f"{who} is {role.name} at {_where(assignment)}"
        yield _step(StepKind.HOLDS_ROLE, holder, assignment.scope, words, assignment.id, certainty, note)

    def _code(self, at: str, workload: Workload) -> AttackStep:
        words = f"The role lets it run code on {workload.kind.label} {workload.name}"
        kind = StepKind.RUNS_CODE_ON
        return _step(kind, at, workload.id, words, workload.id, Certainty.READ, None)

    def _end(self, workload: Workload | None, at: str, lead: Lead) -> Iterator[AttackStep]:
        holder = at
        if lead.identity is not None and workload is not None:
            yield _runs_as(workload, lead.identity)
            holder = lead.identity.object_id
        policy = lead.policy
        if policy is not None and policy.group is not None and lead.identity is not None:
            words = f"{lead.identity.label} is a member of group {policy.group}"
            fact = f"/groups/{policy.object_id}"
            kind = StepKind.MEMBER_OF
            yield _step(kind, holder, policy.object_id, words, fact, Certainty.READ, None)
            holder = policy.object_id
        store = self._graph.estate.stores.get(lead.target)
        target = store.id if store is not None else self._graph.estate.id
        yield _step(lead.kind, holder, target, lead.words, lead.fact, lead.certainty, lead.note)


def _where(assignment: Assignment) -> str:
    """The scope in few words: the step names its id beside them."""
    parts = assignment.scope.strip("/").split("/")
    if len(parts) == 4 and parts[2] == "resourcegroups":
        return f"resource group {parts[3]}"
    return parts[-1] if len(parts) > 4 and parts[0] == "subscriptions" else assignment.where


def _runs_as(workload: Workload, identity: RunsAs) -> AttackStep:
    words = f"{workload.kind.label} {workload.name} runs as {identity.label}"
    return _step(
        StepKind.RUNS_AS, workload.id, identity.object_id, words, identity.fact, Certainty.READ, None
    )


def _step(
    kind: StepKind,
    source: str,
    target: str,
    words: str,
    fact: str | None,
    certainty: Certainty,
    note: str | None,
) -> AttackStep:
    return AttackStep(
        kind=kind,
        source=source,
        target=target,
        words=words[:1].upper() + words[1:],
        fact=fact,
        verdict=certainty.verdict,
        note=note,
    )
