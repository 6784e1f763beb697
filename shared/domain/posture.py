"""What a finished scan says of compliance: each control's status, each framework's score, and their mean.

A score speaks of what was assessed, which is every control that passed or failed. Controls that nobody could
look at, or that only a person can judge, are counted beside it and never as passed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.coverage import ScannerCoverage
from shared.domain.scan import ScanType
from shared.domain.severity import Severity

SUBSCRIPTIONS_NAMED: Final = 50
"""Subscriptions that a snapshot names of those that were read."""


class ControlStatus(StrEnum):
    """How a control stands (contract section 4)."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    ERROR = "error"
    NOT_APPLICABLE = "not_applicable"
    MANUAL = "manual"


class FrameworkPosture(BaseModel):
    """One framework in one scan: the score, and the status of every control by its id."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    score: float = Field(ge=0, le=100, description="weighted share of passed controls; 0 if none assessed")
    controls: dict[str, ControlStatus]

    def count(self, status: ControlStatus) -> int:
        """Controls with this status."""
        return sum(1 for one in self.controls.values() if one is status)

    @property
    def assessed(self) -> int:
        """Controls that the score speaks of."""
        return self.count(ControlStatus.PASS) + self.count(ControlStatus.FAIL)


class PostureSnapshot(BaseModel):
    """The posture that one run of a scan ended with: frozen, like the scan's other results."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    scan_id: str
    run: int
    scan_type: ScanType
    environment: str = "production"
    subscriptions: tuple[str, ...] = Field(
        default=(), description="those that were read, in order of their ids; at most SUBSCRIPTIONS_NAMED"
    )
    subscriptions_total: int = Field(default=0, ge=0, description="all that were read")
    completed_at: datetime
    frameworks: dict[str, FrameworkPosture] = Field(description="by framework id; every one of this build")
    by_severity: dict[Severity, int] = Field(description="all that was found, whatever the scan's filter")
    expiring_soon: int | None = Field(
        default=None, description="credentials that expire soon; None = nothing counted them"
    )
    critical_cves: int | None = Field(default=None, description="None = nothing counted them")
    pending_patches: int | None = Field(default=None, description="None = nothing counted them")
    unread: tuple[ScannerCoverage, ...] = Field(
        default=(), description="scanners asked for that did not read everything, or not at all"
    )


def mean_score(scores: Iterable[float]) -> float:
    """The overall score: the mean of the frameworks' scores, to one decimal (contract I-5). 0.0 of none."""
    values = list(scores)
    return round(sum(values) / len(values), 1) if values else 0.0
