"""Attack paths: from an internet entry point to something worth having (contract X-21)."""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.exposure import Verdict
from shared.domain.severity import Severity


class StepKind(StrEnum):
    """What one step of a path does."""

    REACHES = "reaches"
    READS_ANONYMOUSLY = "reads_anonymously"
    LOGS_IN = "logs_in"
    RUNS_AS = "runs_as"
    MEMBER_OF = "member_of"
    HOLDS_ROLE = "holds_role"
    USES_SECRET = "uses_secret"  # noqa: S105 - a kind of step
    MAY = "may"
    RUNS_CODE_ON = "runs_code_on"


class AttackStep(BaseModel):
    """One step, and the fact that it rests on."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    kind: StepKind
    source: str = Field(description="where it starts: `internet`, an ARM id, an object id, a scope")
    target: str = Field(description="where it leads")
    words: str
    fact: str | None = Field(
        description="ARM id of the role assignment, resource or rule that it rests on; null: nothing was read"
    )
    verdict: Verdict = Field(description="exposed: read; possible: on an assumption; unverified: not read")
    note: str | None = Field(default=None, description="the assumption, or why it could not be read")


class AttackPath(BaseModel):
    """The best way found from one entry point to one target: the surest, and of those the shortest."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    subscription_id: str
    entry_point: str = Field(description="ARM id of the public address or endpoint")
    workload: str = Field(description="ARM id of what the entry point leads to first")
    target: str = Field(description="ARM id of the data store, key vault or subscription")
    target_type: str
    severity: Severity
    verdict: Verdict = Field(description="of its weakest step")
    score: int = Field(ge=0, le=100, description="impact x likelihood")
    impact: int = Field(ge=0, le=100)
    likelihood: float = Field(ge=0, le=1)
    steps: tuple[AttackStep, ...] = Field(min_length=1)

    @property
    def key(self) -> str:
        """Identity inside a scan, one for each entry point and target; in order, the worst first."""
        return f"{100 - self.score:03d}|{self.entry_point.lower()}|{self.target.lower()}"

    @property
    def id(self) -> str:
        """Short and stable name of the pair of entry point and target."""
        pair = f"{self.entry_point.lower()}|{self.target.lower()}"
        return f"path-{sha256(pair.encode()).hexdigest()[:16]}"


class PathSummary(BaseModel):
    """How much of one subscription's paths is kept."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    found: int = 0
    kept: int = 0

    @property
    def omitted(self) -> int:
        """Paths that were found and, being less severe, not kept."""
        return self.found - self.kept
