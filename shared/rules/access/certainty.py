"""How sure a relation between resources is."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from shared.domain.exposure import Verdict


class Certainty(IntEnum):
    """From sure to unsure: of several things that must all hold, the highest number counts."""

    READ = 0
    """It was read."""
    ASSUMED = 1
    """It holds on an assumption that a note names."""
    UNREAD = 2
    """What it rests on could not be read; a note says why."""

    @property
    def verdict(self) -> Verdict:
        """As exposures and paths say it."""
        return _VERDICTS[self]


_VERDICTS: Final = {
    Certainty.READ: Verdict.EXPOSED,
    Certainty.ASSUMED: Verdict.POSSIBLE,
    Certainty.UNREAD: Verdict.UNVERIFIED,
}


def certainty_of(verdict: Verdict) -> Certainty | None:
    """The certainty of an exposure row; None of one that nobody gets through today."""
    return next((one for one, known in _VERDICTS.items() if known is verdict), None)
