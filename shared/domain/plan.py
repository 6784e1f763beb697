"""The plan of a scan: pages of inventory, shards of work, and the markers that say a shard is over.

All three are rows of one partition per scan, written insert-if-absent: the first word on a page or a shard
stands, so a duplicate, a zombie or a redelivery changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.coverage import RuleCoverage, SubscriptionCoverage, TypeCoverage
from shared.domain.severity import Severity


class PlanStep(StrEnum):
    """What a page of the plan does."""

    RESOLVE = "resolve"
    READ = "read"
    RELATE = "relate"


class PlanCursor(BaseModel):
    """Where planning goes on: what the next page does, and with what."""

    model_config = ConfigDict(frozen=True)

    step: PlanStep
    subscriptions: tuple[str, ...] | None = Field(
        default=None,
        description="resolve: which to look for (None = all visible); relate: which are left (None = all)",
    )
    batch: int = Field(
        default=0, description="read: index into the batches of all resolving pages, in page order"
    )
    skip_token: str | None = None
    page_size: int | None = Field(default=None, description="$top in force; None = the largest")


class PlannedPage(BaseModel):
    """What planning page `number` did, and where the next page goes on (`next` None = all planned)."""

    model_config = ConfigDict(frozen=True)

    scan_id: str
    number: int
    read_at: datetime
    cursor: PlanCursor = Field(description="what this page read")
    next: PlanCursor | None
    batches: tuple[tuple[str, ...], ...] = Field(
        default=(), description="on a resolving page: the subscriptions to read, in batches"
    )
    subscriptions: tuple[SubscriptionCoverage, ...] = Field(
        default=(), description="on a resolving page: every subscription asked for"
    )
    types: tuple[TypeCoverage, ...] = Field(
        default=(),
        description="types known beforehand to be unreadable, or not read because this page failed",
    )
    shards: tuple[str, ...] = ()
    failed: str | None = Field(default=None, description="why the rest of this batch was not read")


class ShardStage(StrEnum):
    """Collection reads and projects; relations join one subscription and run the rules that relate."""

    COLLECT = "collect"
    RELATE = "relate"


class Shard(BaseModel):
    """A unit of work of one message. `blobs` name its input; `attempt` is raised before a re-send."""

    model_config = ConfigDict(frozen=True)

    scan_id: str
    shard_id: str = Field(description="c000001 for the shard of page 1, r-<subscription> for relations")
    stage: ShardStage
    attempt: int = 1
    read_at: datetime
    subscription_id: str | None = None
    blobs: tuple[str, ...] = ()
    asked: tuple[TypeCoverage, ...] = Field(
        default=(), description="collection: rows of the page by subscription and type"
    )


class ShardOutcome(StrEnum):
    """How a shard ended."""

    DONE = "done"
    FAILED = "failed"


class Marker(BaseModel):
    """A shard is over: how, and its partial aggregates, so that finalising never reads a result again."""

    model_config = ConfigDict(frozen=True)

    scan_id: str
    shard_id: str
    stage: ShardStage
    outcome: ShardOutcome
    reason: str | None = None
    subscription_id: str | None = None
    projections: dict[str, str] = Field(
        default_factory=dict, description="collection: subscription id -> blob of projected columns"
    )
    types: tuple[TypeCoverage, ...] = ()
    rules: tuple[RuleCoverage, ...] = ()
    resources_read: int = 0
    failures: int = 0
    by_severity: dict[Severity, int] = Field(default_factory=dict)
    auto_remediable: int = 0
    exposures: int = 0


class PlanDigest(BaseModel):
    """The keys of a scan's plan: enough to decide what comes next, cheap to read at every check."""

    model_config = ConfigDict(frozen=True)

    last_page: int | None = Field(default=None, description="highest page written; None before page 0")
    next: PlanCursor | None = Field(default=None, description="of the highest page")
    shards: dict[str, ShardStage] = Field(default_factory=dict)
    marked: frozenset[str] = frozenset()

    @property
    def planned(self) -> bool:
        """Whether every page is planned, relations included."""
        return self.last_page is not None and self.next is None

    @property
    def collected(self) -> bool:
        """Whether the inventory is planned and only relations may be left to plan."""
        return self.planned or (self.next is not None and self.next.step is PlanStep.RELATE)
