"""The coverage ledger: what was asked for, read, skipped or refused, and why (contract X-10)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class CoverageStatus(StrEnum):
    """How far something was looked at."""

    READ = "read"
    PARTIAL = "partial"
    DENIED = "denied"
    SKIPPED = "skipped"
    FAILED = "failed"


class SubscriptionCoverage(BaseModel):
    """One subscription asked for."""

    model_config = ConfigDict(frozen=True)

    subscription_id: str
    status: CoverageStatus
    reason: str | None = None


class TypeCoverage(BaseModel):
    """One resource type in one subscription. `asked` = `read` + `failed` where the listing was complete."""

    model_config = ConfigDict(frozen=True)

    subscription_id: str
    type: str
    status: CoverageStatus
    asked: int = 0
    read: int = 0
    failed: int = 0
    reason: str | None = None


class RuleCoverage(BaseModel):
    """What one rule said over all the resources it evaluated."""

    model_config = ConfigDict(frozen=True)

    rule_id: str
    evaluated: int = 0
    passed: int = 0
    failed: int = 0
    errors: int = 0
    not_applicable: int = 0
    reason: str | None = Field(default=None, description="why one of the errors is one")

    def __add__(self, other: RuleCoverage) -> RuleCoverage:
        return RuleCoverage(
            rule_id=self.rule_id,
            evaluated=self.evaluated + other.evaluated,
            passed=self.passed + other.passed,
            failed=self.failed + other.failed,
            errors=self.errors + other.errors,
            not_applicable=self.not_applicable + other.not_applicable,
            reason=self.reason or other.reason,
        )


class ScannerCoverage(BaseModel):
    """One scanner that the scan type asks for."""

    model_config = ConfigDict(frozen=True)

    name: str
    status: CoverageStatus
    reason: str | None = None


class ReadFailure(BaseModel):
    """One resource that could not be read or understood. `shard` says where it was met."""

    model_config = ConfigDict(frozen=True)

    resource_id: str | None
    type: str | None
    reason: str


class Coverage(BaseModel):
    """The ledger without its list of failures, which is paged."""

    model_config = ConfigDict(frozen=True)

    scan_id: str
    complete: bool
    subscriptions: tuple[SubscriptionCoverage, ...] = ()
    resource_types: tuple[TypeCoverage, ...] = ()
    rules: tuple[RuleCoverage, ...] = ()
    scanners: tuple[ScannerCoverage, ...] = ()
    failures_total: int = Field(default=0, ge=0)
