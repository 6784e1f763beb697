"""What each internet entry leads to: candidates for paths, best first, without writing them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.attack_paths.graph import AttackGraph
from shared.attack_paths.ranking import likelihood
from shared.attack_paths.search import MAX_STEPS, Found, Tails
from shared.rules.access.certainty import Certainty
from shared.rules.access.entries import Entry
from shared.rules.estate import Aim

MAX_OF_ENTRY: Final = 50
"""Paths kept of one entry point: to its worst targets."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A path from an entry to a target, as sure as its weakest step."""

    entry: Entry
    found: Found
    impact: int

    @property
    def certainty(self) -> Certainty:
        """Of the weakest step, the entry included."""
        return max(self.entry.certainty, self.found.certainty)

    @property
    def steps(self) -> int:
        """All of them, the one from the internet included."""
        return self.found.steps + 1

    @property
    def target(self) -> str:
        """Lower-cased id."""
        return self.found.lead.target

    @property
    def likelihood(self) -> float:
        """See `ranking`."""
        return likelihood(self.certainty, self.steps)

    @property
    def badness(self) -> tuple[float, str]:
        """The worst first."""
        return -self.impact * self.likelihood, self.target

    @property
    def rank(self) -> tuple[int, int, str]:
        """Of several to one target: the surest, then the shortest."""
        return int(self.certainty), self.steps, self.entry.receiver


@dataclass(frozen=True, slots=True)
class Reachable:
    """What one entry leads to: its worst candidates, and every target."""

    worst: tuple[Candidate, ...]
    targets: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Ordered:
    """The best way to each target of a tail, the worst target first."""

    worst: tuple[Found, ...] = ()
    targets: frozenset[str] = frozenset()


class Candidates:
    """The candidates of an estate's entries."""

    def __init__(self, graph: AttackGraph) -> None:
        self._graph = graph
        self._tails = Tails(graph)
        self._ordered: dict[tuple[int, Certainty, Aim], _Ordered] = {}

    def of(self, entry: Entry, most: int = MAX_OF_ENTRY, aim: Aim = Aim.ANYTHING) -> Reachable:
        """What of a kind an entry leads to."""
        graph = self._graph
        workload = graph.estate.workloads.get(entry.receiver)
        subnets = (workload.subnets & graph.admitted_subnets) if workload is not None else frozenset()
        tail: Mapping[str, tuple[Found, ...]] = {}
        if workload is not None and workload.identities:
            tail = self._tails.of(entry.receiver, subnets)
        ordered = self._order(tail, entry.certainty, aim)
        own = [
            Found(lead.certainty, lead.steps, lead, None)
            for lead in graph.own_leads(entry.receiver, subnets)
            if lead.steps < MAX_STEPS and graph.is_aimed_at(lead, aim)
        ]
        # What the workload leads to by itself may be the better way to a target that the tail has too.
        both = [way for one in own for way in tail.get(one.lead.target, ())]
        best: dict[str, Candidate] = {}
        for one in (*own, *both, *ordered.worst[:most]):
            candidate = Candidate(entry, one, graph.impact(one.lead.target))
            known = best.get(candidate.target)
            if known is None or candidate.rank < known.rank:
                best[candidate.target] = candidate
        worst = sorted(best.values(), key=lambda one: one.badness)[:most]
        beside = {one.lead.target for one in own} - ordered.targets
        return Reachable(tuple(worst), ordered.targets | beside if beside else ordered.targets)

    def _order(self, tail: Mapping[str, tuple[Found, ...]], entry: Certainty, aim: Aim) -> _Ordered:
        """For an entry so sure; sorted once for each tail, which lives as long as `self._tails`."""
        if not tail:
            return _Ordered()
        key = id(tail), entry, aim
        found = self._ordered.get(key)
        if found is None:
            best = [
                min(ways, key=lambda one: (max(entry, one.certainty), one.steps))
                for ways in tail.values()
                if self._graph.is_aimed_at(ways[0].lead, aim)
            ]
            best.sort(key=lambda one: self._badness(one, entry))
            found = self._ordered[key] = _Ordered(tuple(best), frozenset(one.lead.target for one in best))
        return found

    def _badness(self, found: Found, entry: Certainty) -> tuple[float, str]:
        likely = likelihood(max(entry, found.certainty), found.steps + 1)
        return -self._graph.impact(found.lead.target) * likely, found.lead.target
