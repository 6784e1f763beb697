"""The plan of a scan: pages of inventory, shards of work, and the markers that say a shard is over.

All three are rows of one partition per scan, written insert-if-absent: the first word on a page or a shard
stands, so a duplicate, a zombie or a redelivery changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.coverage import PassedResources, RuleCoverage, SubscriptionCoverage, TypeCoverage
from shared.domain.reading import Listing, is_directory
from shared.domain.severity import Severity


class PlanStep(StrEnum):
    """What a page of the plan does."""

    RESOLVE = "resolve"
    READ = "read"
    RELATE = "relate"


class PlanCursor(BaseModel):
    """Where planning goes on: what the next page does, and with what."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    step: PlanStep
    subscriptions: tuple[str, ...] | None = Field(
        default=None,
        description="resolve: which to look for; None = every one the identity can see",
    )
    resolved_on: int = Field(default=0, description="read: number of the page that lists the batches")
    batch: int = Field(default=0, description="read: index into that page's batches")
    listing: int = Field(default=0, description="read: index into the listings of that batch")
    skip_token: str | None = None
    page_size: int | None = Field(default=None, description="$top in force; None = the largest")

    @property
    def batch_key(self) -> tuple[int, int]:
        """Which batch a reading cursor reads."""
        return self.resolved_on, self.batch


class Redo(BaseModel):
    """What a resume does again. The page that carries it decides it: pages are inserted if absent."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    run: int = Field(description="the run of the scan that it begins")
    dropped_shards: tuple[str, ...] = Field(default=(), description="planned anew, under other ids")
    reset_shards: tuple[str, ...] = Field(default=(), description="stay, and lose their failed marker")
    superseded_pages: tuple[int, ...] = ()


class PlannedPage(BaseModel):
    """What planning page `number` did, and where the next page goes on (`next` None = all planned)."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    scan_id: str
    number: int
    read_at: datetime
    cursor: PlanCursor = Field(description="what this page read")
    next: PlanCursor | None
    batches: tuple[tuple[str, ...], ...] = Field(
        default=(), description="on a resolving page: the subscriptions to read, in batches"
    )
    listings: tuple[Listing, ...] = Field(
        default=(), description="on a resolving page: what is read of every batch, in order"
    )
    subscriptions: tuple[SubscriptionCoverage, ...] = Field(
        default=(), description="on a resolving page: every subscription and directory asked for"
    )
    types: tuple[TypeCoverage, ...] = Field(
        default=(),
        description="types known beforehand to be unreadable, or not read because this page failed",
    )
    shards: tuple[str, ...] = ()
    failed: str | None = Field(default=None, description="why the rest of this batch was not read")
    redo: Redo | None = Field(default=None, description="on the first page of a resumed run")
    superseded: bool = Field(default=False, description="read anew by a later page: of no account")

    def listings_of(self, batch: int) -> tuple[Listing, ...]:
        """What is read of one of its batches: a directory's has other listings than subscriptions have."""
        directory = is_directory(self.batches[batch][0])
        return tuple(one for one in self.listings if one.directory == directory)


class ShardStage(StrEnum):
    """Collection reads and projects; relations join one subscription and run the rules that relate."""

    COLLECT = "collect"
    RELATE = "relate"


class Shard(BaseModel):
    """A unit of work of one message. `blobs` name its input; `attempt` is raised before a re-send."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    scan_id: str
    shard_id: str = Field(
        description=(
            "c000001 for the rows of page 1, c000001d02 for a part of what is read below them, "
            "r1-<subscription> for relations of run 1"
        )
    )
    stage: ShardStage
    attempt: int = 1
    read_at: datetime
    subscription_id: str | None = None
    blobs: tuple[str, ...] = ()
    asked: tuple[TypeCoverage, ...] = Field(
        default=(), description="collection: rows of the page; relation: how completely types were read"
    )
    scope: tuple[str, ...] = Field(default=(), description="collection: the subscriptions asked for")
    part: int | None = Field(
        default=None,
        description="collection of details: which part of the blob; None = the rows of a listing",
    )
    confirmations: int = Field(default=0, description="relation: about how many packets Azure may be asked")


class ShardOutcome(StrEnum):
    """How a shard ended."""

    DONE = "done"
    FAILED = "failed"


class Marker(BaseModel):
    """A shard is over: how, and its partial aggregates, so that finalising never reads a result again."""

    model_config = ConfigDict(frozen=True, defer_build=True)

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
    passed: PassedResources = PassedResources()
    resources_read: int = 0
    failures: int = 0
    by_severity: dict[Severity, int] = Field(
        default_factory=dict, description="findings that the scan's severity filter keeps"
    )
    found_by_severity: dict[Severity, int] | None = Field(
        default=None, description="all findings, where a severity filter left some out"
    )
    auto_remediable: int = 0
    exposures: int = 0
    expiring_soon: int | None = Field(
        default=None, description="findings about credentials that expire soon; None = no rule looks at any"
    )
    attack_paths: int = 0
    attack_paths_omitted: int = 0


class PlanDigest(BaseModel):
    """The keys of a scan's plan: enough to decide what comes next, cheap to read at every check."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    last_page: int | None = Field(default=None, description="highest page written; None before page 0")
    next: PlanCursor | None = Field(default=None, description="of the highest page")
    shards: dict[str, ShardStage] = Field(default_factory=dict)
    marked: frozenset[str] = Field(default=frozenset(), description="shards, or shards of old, with a marker")
    worked_at: datetime | None = Field(
        default=None, description="the latest sign of life from work on a shard that has no marker"
    )

    @property
    def waiting(self) -> list[str]:
        """Shards without a marker, ordered. A marker whose shard a resume dropped counts for nothing."""
        return sorted(set(self.shards) - self.marked)

    @property
    def planned(self) -> bool:
        """Whether every page is planned, relations included."""
        return self.last_page is not None and self.next is None

    @property
    def collected(self) -> bool:
        """Whether the inventory is planned and only relations may be left to plan."""
        return self.planned or (self.next is not None and self.next.step is PlanStep.RELATE)
