"""The coverage ledger: what was asked for, read, skipped or refused, and why (contract X-10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import islice
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

PASSED_NAMED: Final = 5
"""Resources that are named of those on which a rule passed."""


class CoverageStatus(StrEnum):
    """How far something was looked at."""

    READ = "read"
    PARTIAL = "partial"
    DENIED = "denied"
    SKIPPED = "skipped"
    FAILED = "failed"


class SubscriptionCoverage(BaseModel):
    """One subscription asked for."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    subscription_id: str
    status: CoverageStatus
    reason: str | None = None


class TypeCoverage(BaseModel):
    """One resource type in one subscription. `asked` = `read` + `failed` where the listing was complete."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    subscription_id: str
    type: str
    status: CoverageStatus
    asked: int = 0
    read: int = 0
    failed: int = 0
    reason: str | None = None


class RuleCoverage(BaseModel):
    """What one rule said over all the resources it evaluated."""

    model_config = ConfigDict(frozen=True, defer_build=True)

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


class PassedResources(BaseModel):
    """Some resources on which each rule passed: evidence, not a list of all. Ids as Azure spells them."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    resources: tuple[str, ...] = Field(default=(), description="each once: rules mostly pass on the same")
    rules: dict[str, tuple[int, ...]] = Field(default={}, description="rule id -> indexes into `resources`")

    @classmethod
    def of(cls, passed: Mapping[str, Iterable[str]]) -> PassedResources:
        """Of rule ids and the resources that each passed on; PASSED_NAMED of each are kept."""
        places: dict[str, int] = {}
        rules = {}
        for rule_id, resources in sorted(passed.items()):
            some = islice(dict.fromkeys(resources), PASSED_NAMED)
            if indexes := tuple(places.setdefault(one, len(places)) for one in some):
                rules[rule_id] = indexes
        return cls(resources=tuple(places), rules=rules)

    @classmethod
    def merged(cls, parts: Iterable[PassedResources]) -> PassedResources:
        """Of several subscriptions, the first ones' resources first."""
        found: dict[str, list[str]] = {}
        for part in parts:
            for rule_id in part.rules:
                found.setdefault(rule_id, []).extend(part.of_rule(rule_id))
        return cls.of(found)

    def of_rule(self, rule_id: str) -> tuple[str, ...]:
        """Resources on which a rule passed; empty where it passed nowhere."""
        return tuple(self.resources[place] for place in self.rules.get(rule_id, ()))


class ScannerCoverage(BaseModel):
    """One scanner that the scan type asks for."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    name: str
    status: CoverageStatus
    reason: str | None = None


class ReadFailure(BaseModel):
    """One resource that could not be read or understood. `shard` says where it was met."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    resource_id: str | None
    type: str | None
    reason: str


class Coverage(BaseModel):
    """The ledger without its list of failures, which is paged."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    scan_id: str
    complete: bool
    subscriptions: tuple[SubscriptionCoverage, ...] = ()
    resource_types: tuple[TypeCoverage, ...] = ()
    rules: tuple[RuleCoverage, ...] = ()
    scanners: tuple[ScannerCoverage, ...] = ()
    failures_total: int = Field(default=0, ge=0)
    passed: PassedResources = PassedResources()
    unread_targets: tuple[ReadFailure, ...] = Field(
        default=(), description="target_resources that are in nothing that was read, or are no ARM ids"
    )
