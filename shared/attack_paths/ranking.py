"""How bad a path is: what its target is worth, and how likely it is walked.

The weights are this product's own: they order paths, they are no probabilities. The weakest step counts
for more than the number of steps, so that the surest path to a target is always the worst.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.domain.severity import Severity
from shared.rules.access.certainty import Certainty

LIKELIHOOD: Final[Mapping[Certainty, float]] = {
    Certainty.READ: 1.0,
    Certainty.ASSUMED: 0.6,
    Certainty.UNREAD: 0.4,
}
PER_STEP: Final = 0.97
"""What each step beyond the second leaves of the likelihood: eight steps leave 0.83, more than 0.6."""

_THRESHOLDS: Final = ((80, Severity.CRITICAL), (60, Severity.HIGH), (40, Severity.MEDIUM))


def likelihood(certainty: Certainty, steps: int) -> float:
    """Of a path, from 0 to 1."""
    return LIKELIHOOD[certainty] * PER_STEP ** max(0, steps - 2)


def score(impact: int, likely: float) -> int:
    """Impact x likelihood, 0 to 100."""
    return round(impact * likely)


def severity(points: int) -> Severity:
    """Of a path with this score."""
    return next((one for threshold, one in _THRESHOLDS if points >= threshold), Severity.LOW)
