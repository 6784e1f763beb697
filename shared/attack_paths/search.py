"""The best way from a workload to every target: the surest, and of those the shortest.

A path is as sure as its weakest edge. For each degree of certainty the graph is searched with the edges that
are at least so sure, by length; what a less sure search finds counts only where it is shorter, which matters
to entries that are themselves unsure. Workloads with the same grants share a search.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from shared.attack_paths.graph import AttackGraph, Lead
from shared.rules.access.certainty import Certainty

MAX_STEPS: Final = 8
"""Steps of a path, the first included by which the internet reaches the workload."""

_WITHIN: Final = MAX_STEPS - 1

Starts = tuple[tuple[str, int], ...]
"""Grants at hand and the steps to each, in order."""
Previous = Mapping[str, tuple[str, int] | None]
"""Node -> the node before it; None: a start. A node is `g` and a grant's key, or `w` and a workload's."""


@dataclass(frozen=True, slots=True)
class Found:
    """A way to one target: how sure and long it is, and its end."""

    certainty: Certainty
    steps: int
    lead: Lead
    at: str | None
    """The node that the lead leaves from; None: the workload that was started from."""
    search: Search | None = None

    @property
    def rank(self) -> tuple[int, int]:
        """The surest first, then the shortest."""
        return int(self.certainty), self.steps

    def nodes(self) -> list[str]:
        """The nodes from the first grant to the one that the lead leaves from."""
        found: list[str] = []
        node = self.at
        while node is not None and self.search is not None:
            found.append(node)
            node = self.search.previous.get(node)
        return found[::-1]


@dataclass(slots=True)
class Search:
    """One search: what is at hand at which distance, and by what."""

    certainty: Certainty
    distance: dict[str, int] = field(default_factory=dict)
    previous: dict[str, str | None] = field(default_factory=dict)


class Tails:
    """What grants lead to, and from where they are held; searched once for equal ones."""

    def __init__(self, graph: AttackGraph) -> None:
        self._graph = graph
        self._starting: dict[tuple[str, Certainty], Starts] = {}
        self._tails: dict[tuple[tuple[Starts, ...], frozenset[str]], dict[str, tuple[Found, ...]]] = {}
        self.searched = 0
        """Searches that were made."""

    def of(self, workload: str, subnets: frozenset[str]) -> Mapping[str, tuple[Found, ...]]:
        """Target -> the ways to it through the grants of a workload: surer first, less sure ones shorter."""
        starts = tuple(self._starts(workload, certainty) for certainty in Certainty)
        key = starts, subnets
        found = self._tails.get(key)
        if found is None:
            self.searched += 1
            found = self._tails[key] = self._search(starts, subnets)
        return found

    def _starts(self, workload: str, certainty: Certainty) -> Starts:
        known = self._starting.get((workload, certainty))
        if known is None:
            found = []
            for grant, ways in self._graph.starts(workload).items():
                steps = [one.steps for one in ways if one.hold.certainty <= certainty]
                if steps:
                    found.append((grant, min(steps)))
            known = self._starting[workload, certainty] = tuple(found)
        return known

    def _search(self, starts: tuple[Starts, ...], subnets: frozenset[str]) -> dict[str, tuple[Found, ...]]:
        found: dict[str, tuple[Found, ...]] = {}
        for certainty, begin in zip(Certainty, starts, strict=True):
            for one in self._reached(Search(certainty), begin, subnets):
                known = found.get(one.lead.target, ())
                if not known or known[-1].steps > one.steps:
                    found[one.lead.target] = (*known, one)
        return found

    def _reached(self, search: Search, begin: Starts, subnets: frozenset[str]) -> Iterator[Found]:
        """The shortest ways to targets with edges of this certainty or a surer one; several to one target."""
        ahead: list[list[tuple[str, str | None]]] = [[] for _ in range(MAX_STEPS + 1)]
        for grant, steps in begin:
            ahead[steps].append((f"g{grant}", None))
        done: set[str] = set()
        for steps, nodes in enumerate(ahead):
            leads: list[Found] = []
            for node, before in sorted(nodes, key=lambda one: (one[0], one[1] or "")):
                if node in search.distance:
                    continue
                search.distance[node], search.previous[node] = steps, before
                for lead in self._leads_from(node, subnets):
                    end = steps + lead.steps
                    if lead.certainty <= search.certainty and end <= _WITHIN and lead.target not in done:
                        leads.append(Found(search.certainty, end, lead, node, search))
                for following, further in self._edges(node, search.certainty):
                    if steps + further < _WITHIN and following not in search.distance:
                        ahead[steps + further].append((following, node))
            yield from sorted(leads, key=lambda one: one.steps)
            done.update(one.lead.target for one in leads if one.steps == steps + 1)

    def _leads_from(self, node: str, subnets: frozenset[str]) -> Iterable[Lead]:
        if node[0] == "g":
            return self._graph.leads(node[1:], subnets)
        return self._graph.own_leads(node[1:], subnets)

    def _edges(self, node: str, certainty: Certainty) -> Iterator[tuple[str, int]]:
        if node[0] == "g":
            yield from ((f"w{one}", 1) for one in self._graph.code_on(node[1:]))
        else:
            yield from ((f"g{grant}", steps) for grant, steps in self._starts(node[1:], certainty))
