"""Severity and risk of a network opening: what the port gives away, and how far a stranger gets to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.domain.severity import Severity


class Standing(StrEnum):
    """How far an opening reaches."""

    EXPOSED = "exposed"
    UNVERIFIED = "unverified"
    POSSIBLE = "possible"
    STOPPED = "stopped"
    LATENT = "latent"
    UNATTACHED = "unattached"

    @property
    def verdict(self) -> str:
        """The verdict it comes down to: what another stage stops is latent."""
        return Standing.LATENT.value if self is Standing.STOPPED else self.value

    @property
    def uncertain(self) -> bool:
        """Whether it could not be told if strangers get through."""
        return self in (Standing.UNVERIFIED, Standing.POSSIBLE)


_POINTS: Final = {
    Standing.EXPOSED: 40,
    Standing.UNVERIFIED: 25,
    Standing.POSSIBLE: 25,
    Standing.STOPPED: 5,
    Standing.LATENT: 0,
    Standing.UNATTACHED: -25,
}
EXPOSED_POINTS: Final = _POINTS[Standing.EXPOSED]
_AZURE_POINTS: Final = -10
"""Every Azure customer is fewer than everybody, and leaves an account behind."""


@dataclass(frozen=True, slots=True)
class RiskFactor:
    """One part of a risk score, in points of 100."""

    factor: str
    points: int

    def as_json(self) -> dict[str, str | int]:
        """As evidence shows it."""
        return {"factor": self.factor, "points": self.points}


def severity_of(base: Severity, standing: Standing, azure_only: bool) -> Severity:
    """The rule's severity where strangers get through, and how context lowers it.

    One step where it is uncertain; to medium where nothing public is behind it; to low where it is attached
    to nothing; and one step more when only Azure customers are let in.
    """
    if standing is Standing.UNATTACHED:
        found = Severity.LOW
    elif standing in (Standing.LATENT, Standing.STOPPED):
        found = max(base, Severity.MEDIUM, key=lambda severity: severity.rank)
    else:
        found = base.lowered() if standing.uncertain else base
    return found.lowered() if azure_only else found


def risk_factors(
    full_risk: int, standing: Standing, azure_only: bool, counted_elsewhere: bool = False
) -> tuple[RiskFactor, ...]:
    """The parts of a risk score whose rule gives `full_risk` when anybody on the internet gets through.

    Args:
        counted_elsewhere: another finding's score already holds the exposure, which counts once.
    """
    factors = [RiskFactor("what the ports give access to", full_risk - EXPOSED_POINTS)]
    if counted_elsewhere:
        factors.append(RiskFactor("exposure is counted at the linked finding", 0))
    else:
        factors.append(RiskFactor(f"exposure: {standing.value}", _POINTS[standing]))
    if azure_only:
        factors.append(RiskFactor("sources: Azure customers only", _AZURE_POINTS))
    return tuple(factors)


def risk_score(factors: tuple[RiskFactor, ...]) -> int:
    """The sum of the factors, kept between 0 and 100."""
    return max(0, min(100, sum(factor.points for factor in factors)))
