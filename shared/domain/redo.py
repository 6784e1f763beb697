"""What a resume does again: whatever has no success marker, and what relates to it (contract X-02b). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.coverage import CoverageStatus
from shared.domain.ledger import PlanRecord
from shared.domain.plan import PlanCursor, PlanStep, ShardOutcome, ShardStage

_NOT_FULLY_READ = frozenset({CoverageStatus.DENIED, CoverageStatus.FAILED, CoverageStatus.PARTIAL})


@dataclass(frozen=True, slots=True)
class Redo:
    """Rows to remove before the scan goes on, and the page that leads planning on (None: it needs none)."""

    failed_shards: tuple[str, ...]
    """Shards that stay and lose their marker."""
    stale_shards: tuple[str, ...]
    """Shards that are planned anew."""
    stale_pages: tuple[int, ...]
    """Pages that are read anew and keep only their number."""
    bridge: PlanCursor | None
    last_page: int | None

    @property
    def resolving_page(self) -> int | None:
        """The page that will resolve subscriptions again, if one does: it follows the bridge."""
        if self.bridge is None or self.last_page is None or self.bridge.step is not PlanStep.RESOLVE:
            return None
        return self.last_page + 2


def what_to_redo(record: PlanRecord) -> Redo:
    """Work out a resume from everything written down about the scan."""
    batches = [batch for page in record.pages for batch in page.batches]
    unresolved = any(page.failed and page.cursor.step is PlanStep.RESOLVE for page in record.pages)
    refused = {one.subscription_id for one in record.subscriptions.values() if one.status in _NOT_FULLY_READ}
    stale_batches = {
        page.cursor.batch for page in record.pages if page.failed and page.cursor.step is PlanStep.READ
    } | {index for index, batch in enumerate(batches) if refused & set(batch)}
    leads_on = record.pages[-1].next if record.pages else None
    if (stale_batches or refused or unresolved) and leads_on and leads_on.step is PlanStep.READ:
        # Planning was cut off and is led elsewhere first: what was still to be read is read anew too.
        stale_batches |= set(range(leads_on.batch, len(batches)))
    again = sorted(refused | {one for index in stale_batches for one in batches[index]})
    stale_pages = tuple(
        page.number
        for page in record.pages
        if page.failed or (page.cursor.step is PlanStep.READ and page.cursor.batch in stale_batches)
    )
    stale_collect = {one for page in record.pages if page.number in stale_pages for one in page.shards}
    stale_relate = _relations_of(record, set(again) | _touched_by_failures(record))
    return Redo(
        failed_shards=tuple(
            sorted(one.shard_id for one in record.markers if one.outcome is ShardOutcome.FAILED)
        ),
        stale_shards=tuple(sorted(stale_collect | stale_relate)),
        stale_pages=stale_pages,
        bridge=_bridge(record, tuple(again), unresolved, bool(stale_relate)),
        last_page=record.pages[-1].number if record.pages else None,
    )


def _touched_by_failures(record: PlanRecord) -> set[str]:
    """Subscriptions with rows in a collection shard that was not done: their relations lacked those rows."""
    done = {marker.shard_id for marker in record.done()}
    return {
        one.subscription_id
        for shard in record.shards
        if shard.stage is ShardStage.COLLECT and shard.shard_id not in done
        for one in shard.asked
    }


def _relations_of(record: PlanRecord, subscriptions: set[str]) -> set[str]:
    return {
        shard.shard_id
        for shard in record.shards
        if shard.stage is ShardStage.RELATE and shard.subscription_id in subscriptions
    }


def _bridge(
    record: PlanRecord, again: tuple[str, ...], unresolved: bool, relations: bool
) -> PlanCursor | None:
    if unresolved and not again:
        return PlanCursor(step=PlanStep.RESOLVE)
    if again:
        return PlanCursor(step=PlanStep.RESOLVE, subscriptions=again)
    if relations and record.pages[-1].next is None:
        return PlanCursor(step=PlanStep.RELATE)
    return None
