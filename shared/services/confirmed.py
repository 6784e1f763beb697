"""Writing Azure's word into findings and rows of the exposure table. Nothing is dropped by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.domain.confirmation import Confirmation, ConfirmationResult, of_all
from shared.domain.exposure import Exposure
from shared.domain.finding import Observation
from shared.domain.probe import Probe, Unaskable
from shared.scanners.base import Related

_CONTRADICTED_POINTS: Final = -15
"""What an exposure that is only suspected weighs less in a risk score."""
_SAYS: Final = {
    ConfirmationResult.CONFIRMED: "Azure confirms it",
    ConfirmationResult.CONTRADICTED: "Azure contradicts it",
    ConfirmationResult.NOT_CONFIRMABLE: "Azure could not confirm it",
}


def with_confirmations(
    related: Related, answers: Mapping[str, Confirmation], not_asked: Confirmation
) -> None:
    """Put the answers into the findings and exposures of a subscription.

    A contradicted finding stays, one step less severe, and says why; its exposures say so in their notes.

    Args:
        answers: by the key of the packet.
        not_asked: for packets without an answer.
    """
    by_row: dict[str, dict[Confirmation, None]] = {}
    by_finding: dict[str, Confirmation] = {}
    for finding in related.confirmable:
        told = [_word(path, answers, not_asked) for path in finding.paths]
        by_finding[finding.fingerprint] = of_all(told, all_asked=finding.complete)
        for path, word in zip(finding.paths, told, strict=True):
            by_row.setdefault(path.exposure, {})[word] = None
    related.observations = [
        _confirmed(one, by_finding[one.fingerprint]) if one.fingerprint in by_finding else one
        for one in related.observations
    ]
    related.exposures = [
        _noted(row, of_all(list(by_row[row.key]), all_asked=True)) if row.key in by_row else row
        for row in related.exposures
    ]


def _word(
    path: Probe | Unaskable, answers: Mapping[str, Confirmation], not_asked: Confirmation
) -> Confirmation:
    if isinstance(path, Unaskable):
        return not_asked.model_copy(update={"reason": path.reason})
    return answers.get(path.key, not_asked)


def _confirmed(observation: Observation, word: Confirmation) -> Observation:
    known = observation.evidence
    evidence: dict[str, Any] = {**known, "confirmation": word.model_dump(mode="json")}
    changes: dict[str, Any] = {}
    if word.result is ConfirmationResult.CONTRADICTED:
        factor = {"factor": "contradicted by Azure", "points": _CONTRADICTED_POINTS}
        evidence["risk_factors"] = [*known.get("risk_factors", ()), factor]
        changes["severity"] = observation.severity.lowered()
        changes["risk_score"] = max(0, observation.risk_score + _CONTRADICTED_POINTS)
        changes["description"] = f"{observation.description}. {_SAYS[word.result]}: {word.reason}"
    return observation.changed(evidence, **changes)


def _noted(row: Exposure, word: Confirmation) -> Exposure:
    said = f"{_SAYS[word.result]}: {word.reason}"
    return row.model_copy(update={"note": f"{row.note} {said}" if row.note else said})
