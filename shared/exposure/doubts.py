"""Judgements where what the filters see is not fully known, or the entry point has rules itself."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from shared.domain.exposure import SourceClass, Verdict
from shared.exposure.addresses import Family
from shared.exposure.arrival import Door
from shared.exposure.path import RANK, Judgement, Piece, by_class
from shared.exposure.sources import common

_Outcome = tuple[Verdict, SourceClass]


def agreed(readings: Sequence[Sequence[Judgement]], note: str) -> list[Judgement]:
    """What several possible packets have in common stands; what only some of them get is unverified.

    Args:
        readings: the judgements of each possible packet; at least one.
        note: why it is not known which of the packets it is, in words.
    """
    first, *others = readings
    if not others:
        return list(first)
    bounds = {
        bound for one in readings for j in one for piece in j.pieces for bound in (piece.low, piece.high)
    }
    found: dict[_Outcome, list[Piece]] = {}
    for low, high in pairwise(sorted(bounds)):
        seen = [_at(one, low) for one in readings]
        shared = set(seen[0]).intersection(*seen[1:])
        known = max((RANK[source_class] for _, source_class in shared), default=0)
        for outcome in seen[0]:
            if outcome in shared:
                found.setdefault(outcome, []).append(_cut(seen[0][outcome], low, high))
        doubtful = {outcome: piece for one in seen for outcome, piece in one.items() if outcome not in shared}
        if doubtful:
            worst = max(doubtful, key=lambda outcome: RANK[outcome[1]])
            if RANK[worst[1]] > known:
                key = (Verdict.UNVERIFIED, worst[1])
                found.setdefault(key, []).append(_cut(doubtful[worst], low, high))
    notes = {(one.verdict, one.source_class): one.note for one in first}
    return [
        Judgement(
            verdict, source_class, tuple(pieces), notes.get((verdict, source_class)) or _said(verdict, note)
        )
        for (verdict, source_class), pieces in found.items()
    ]


def _said(verdict: Verdict, note: str) -> str | None:
    return None if verdict is Verdict.EXPOSED else note


def _at(judgements: Sequence[Judgement], port: int) -> dict[_Outcome, Piece]:
    return {
        (one.verdict, one.source_class): piece
        for one in judgements
        for piece in one.pieces
        if piece.low <= port < piece.high
    }


def _cut(piece: Piece, low: int, high: int) -> Piece:
    return piece._replace(low=low, high=high)


def through(door: Door, judgements: Sequence[Judgement], family: Family) -> list[Judgement]:
    """What is left of the judgements for those whom the entry point lets in."""
    found: list[Judgement] = []
    for judgement in judgements:
        pieces = [
            piece._replace(
                sources=common(piece.sources, door.admitted, family),
                deciders=tuple(
                    decider._replace(rule=decider.rule.written or decider.rule) for decider in piece.deciders
                ),
            )
            for piece in judgement.pieces
        ]
        verdict, note = judgement.verdict, judgement.note
        if door.doubt is not None and verdict is Verdict.EXPOSED:
            verdict, note = Verdict.UNVERIFIED, door.doubt
        found += by_class(verdict, pieces, family, note)
    return found
