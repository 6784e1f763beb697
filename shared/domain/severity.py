"""Severities and the CVSS thresholds that map a score to one (contract sections 4 and 5, B.Config)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Severity(StrEnum):
    """Severity of a finding as it is emitted. The catalogue's `info` is emitted as `low`."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for critical .. 3 for low."""
        return ORDER.index(self)

    def lowered(self, steps: int = 1) -> Severity:
        """The severity `steps` below this one; `low` is the floor."""
        return ORDER[min(self.rank + steps, len(ORDER) - 1)]


ORDER: Final[tuple[Severity, ...]] = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)


def parse_severity(text: str) -> Severity:
    """Read a severity in any case; `info` reads as `low`.

    Raises:
        ValueError: the text names no severity.
    """
    lowered = text.strip().lower()
    return Severity.LOW if lowered == "info" else Severity(lowered)


def count_by_severity(severities: list[Severity]) -> dict[Severity, int]:
    """Counts with all four severities present, most severe first."""
    return {severity: severities.count(severity) for severity in ORDER}
