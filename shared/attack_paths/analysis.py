"""The attack paths of one subscription.

One path for each entry point and target: the surest, and of those the shortest. They are ranked by impact and
likelihood (`shared.attack_paths.ranking`); the `MAX_OF_ENTRY` worst of each entry point are kept, and of
those the `MAX_PATHS` worst of the subscription. How many there are is told.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.attack_paths.candidates import MAX_OF_ENTRY, Candidate, Candidates, Reachable
from shared.attack_paths.graph import AttackGraph
from shared.attack_paths.steps import written
from shared.domain.attack_path import AttackPath, PathSummary
from shared.rules.access.certainty import Certainty
from shared.rules.access.entries import Entry
from shared.rules.estate import Aim, Estate, Routes

MAX_PATHS: Final = 1_000
"""Paths kept of one subscription."""
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Analysis:
    """The paths of an estate, worst first, and how many there are."""

    paths: tuple[AttackPath, ...]
    summary: PathSummary
    routes: Mapping[tuple[str, Aim], Routes]
    """Of every workload that an entry leads to: see `Estate.routes`."""


def find_paths(estate: Estate, most: int = MAX_PATHS) -> Analysis:
    """Every internet entry point's best path to every target, as far as it is kept."""
    graph = AttackGraph(estate)
    candidates = Candidates(graph)
    by_point: dict[str, list[Entry]] = {}
    routes: dict[tuple[str, Aim], Routes] = {}
    for receiver, entries in sorted(estate.entries.items()):
        if receiver not in estate.workloads and receiver not in estate.stores:
            continue
        for entry in entries:
            by_point.setdefault(entry.point.lower(), []).append(entry)
        if receiver in estate.workloads:
            for aim in (Aim.DATA, Aim.VAULTS):
                reached = candidates.of(entries[0], _SHOWN, aim)
                routes[receiver, aim] = _routes(reached, graph)
    kept: list[Candidate] = []
    found = 0
    for _, entries_of_point in sorted(by_point.items()):
        worst_of_point, count = _of_point(entries_of_point, candidates)
        kept += worst_of_point
        found += count
    chosen = heapq.nsmallest(most, kept, key=lambda one: (*one.badness, one.entry.point.lower()))
    paths = tuple(sorted((written(one, graph) for one in chosen), key=lambda path: path.key))
    return Analysis(paths, PathSummary(found=found, kept=len(paths)), routes)


def _routes(reached: Reachable, graph: AttackGraph) -> Routes:
    known = [one for one in reached.worst if one.found.certainty is not Certainty.UNREAD]
    unread = [one for one in reached.worst if one.found.certainty is Certainty.UNREAD]
    return Routes(
        written(known[0], graph) if known else None,
        written(unread[0], graph) if unread else None,
        tuple(one.target for one in known),
        len(reached.targets),
    )


def _of_point(entries: list[Entry], candidates: Candidates) -> tuple[list[Candidate], int]:
    """The worst candidates of one entry point, and how many targets it leads to."""
    reached = [candidates.of(entry) for entry in entries]
    if len(reached) == 1:
        return list(reached[0].worst), len(reached[0].targets)
    best: dict[str, Candidate] = {}
    for one in (one for each in reached for one in each.worst):
        known = best.get(one.target)
        if known is None or one.rank < known.rank:
            best[one.target] = one
    worst = heapq.nsmallest(MAX_OF_ENTRY, best.values(), key=lambda one: one.badness)
    return worst, len(frozenset().union(*(each.targets for each in reached)))
