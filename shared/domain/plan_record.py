"""The written plan of a scan, read as a whole: each subscription's latest word, and the live batches.

A subscription that a resume resolves again is spoken for by the later page only, and the batch it was in
before is of no account any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from shared.domain.coverage import SubscriptionCoverage, TypeCoverage
from shared.domain.plan import Marker, PlannedPage, PlanStep, Shard, ShardOutcome, ShardStage
from shared.domain.reading import is_directory


@dataclass(frozen=True, slots=True)
class ListingState:
    """How far one listing of a batch came."""

    types: tuple[str, ...]
    complete: bool
    failed: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Subscriptions that are listed together, and how far their listing came."""

    key: tuple[int, int]
    subscriptions: tuple[str, ...]
    listings: tuple[ListingState, ...]

    @property
    def complete(self) -> bool:
        """Whether every listing came to its end."""
        return all(one.complete for one in self.listings)

    @property
    def failed(self) -> str | None:
        """Why a listing of it broke off."""
        return next((one.failed for one in self.listings if one.failed), None)

    def listing_of(self, kind: str) -> ListingState | None:
        """The listing that has the rows of a type; None when no listing has."""
        return next((one for one in self.listings if kind in one.types), None)


@dataclass(frozen=True, slots=True)
class Reading:
    """The types that a scan answers for, lower-cased."""

    types: tuple[str, ...] = ()
    """Of each subscription."""
    directory_types: tuple[str, ...] = ()
    """Of each directory."""
    derived: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Types that are read below resources of other types, one by one: type -> those types."""

    def of(self, scope_id: str) -> tuple[str, ...]:
        """The types of one subscription or directory."""
        return self.directory_types if is_directory(scope_id) else self.types


@dataclass(frozen=True)
class PlanRecord:
    """Everything written down about a scan's plan, and the types each readable scope is asked for.

    `markers` of shards that a resume dropped are left out.
    """

    pages: tuple[PlannedPage, ...]
    shards: tuple[Shard, ...]
    markers: tuple[Marker, ...]
    reading: Reading

    @cached_property
    def latest(self) -> dict[str, tuple[int, SubscriptionCoverage]]:
        """Subscription -> the last resolving page that names it, and what it says."""
        return {one.subscription_id: (page.number, one) for page in self.pages for one in page.subscriptions}

    @cached_property
    def batches(self) -> list[Batch]:
        """Live batches, in order."""
        return [
            self._batch(page, index, subscriptions)
            for page in self.pages
            for index, subscriptions in enumerate(page.batches)
            if all(self.latest[one][0] == page.number for one in subscriptions)
        ]

    @cached_property
    def batch_of(self) -> dict[str, Batch]:
        """Subscription -> its live batch."""
        return {one: batch for batch in self.batches for one in batch.subscriptions}

    @property
    def refused_types(self) -> list[TypeCoverage]:
        """Types that the latest word on their subscription knows to be unreadable."""
        return [
            one
            for page in self.pages
            if page.cursor.step is PlanStep.RESOLVE
            for one in page.types
            if self.latest.get(one.subscription_id, (page.number,))[0] == page.number
        ]

    @property
    def failed_pages(self) -> list[PlannedPage]:
        """Pages that failed and that no resume made good."""
        return [
            page for page in self.pages if page.failed and not page.superseded and not self._made_good(page)
        ]

    def _made_good(self, page: PlannedPage) -> bool:
        """Whether later pages resolved what a failed resolving page was to resolve."""
        if page.cursor.step is not PlanStep.RESOLVE:
            return False
        named = page.cursor.subscriptions
        if named is not None:
            return all(self.latest[one.lower()][0] > page.number for one in named)
        return any(
            later.number > page.number
            and later.redo is None
            and not later.failed
            and later.cursor.step is PlanStep.RESOLVE
            and later.cursor.subscriptions is None
            for later in self.pages
        )

    @cached_property
    def outcomes(self) -> dict[str, Marker]:
        """Shard id -> its marker."""
        return {marker.shard_id: marker for marker in self.markers}

    def done(self) -> list[Marker]:
        """Markers of shards that were done, ordered by shard."""
        return [marker for marker in self.markers if marker.outcome is ShardOutcome.DONE]

    def undone(self, stage: ShardStage) -> list[Shard]:
        """Shards of a stage that were not done: failed, or without a marker."""
        done = {marker.shard_id for marker in self.done()}
        return [one for one in self.shards if one.stage is stage and one.shard_id not in done]

    def _batch(self, resolved: PlannedPage, index: int, subscriptions: tuple[str, ...]) -> Batch:
        key = resolved.number, index
        pages = [
            page
            for page in self.pages
            if page.cursor.step is PlanStep.READ and page.cursor.batch_key == key and not page.superseded
        ]
        states = []
        for number, listing in enumerate(resolved.listings_of(index)):
            reading = [page for page in pages if page.cursor.listing == number]
            states.append(
                ListingState(
                    types=listing.types,
                    complete=any(page.failed is None and not _goes_on(page) for page in reading),
                    failed=next((page.failed for page in reading if page.failed), None),
                )
            )
        return Batch(key=key, subscriptions=subscriptions, listings=tuple(states))


def _goes_on(page: PlannedPage) -> bool:
    """Whether the page's listing has a further page."""
    here, following = page.cursor, page.next
    return (
        following is not None
        and following.step is PlanStep.READ
        and (following.batch_key, following.listing) == (here.batch_key, here.listing)
    )
