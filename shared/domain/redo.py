"""What a resume does again: whatever has no success marker, and what relates to it (contract X-02b). Pure."""

from __future__ import annotations

from shared.domain.coverage import CoverageStatus
from shared.domain.plan import PlanCursor, PlanStep, Redo, ShardOutcome, ShardStage
from shared.domain.plan_record import Batch, PlanRecord

_NOT_FULLY_READ = frozenset({CoverageStatus.DENIED, CoverageStatus.FAILED, CoverageStatus.PARTIAL})
_RELATE = PlanCursor(step=PlanStep.RELATE)


def what_to_redo(record: PlanRecord, run: int, asked: tuple[str, ...] | None) -> tuple[PlanCursor, Redo]:
    """Where planning goes on at the start of run `run`, and what is dropped before.

    Args:
        asked: the subscriptions of the scan's request; None = every one the identity can see.
    """
    if not record.pages:
        return PlanCursor(step=PlanStep.RESOLVE, subscriptions=asked), Redo(run=run)
    leads_on = record.pages[-1].next
    everything, unresolved = _unresolved(record, leads_on)
    refused = {one for one, (_, word) in record.latest.items() if word.status in _NOT_FULLY_READ}
    broken = [batch for batch in record.batches if batch.failed]
    if not (everything or unresolved or refused or broken) and leads_on and leads_on.step is PlanStep.READ:
        return leads_on, _redo(record, run, [])
    stale = [
        batch
        for batch in record.batches
        if everything or not batch.complete or refused & set(batch.subscriptions)
    ]
    again = sorted(unresolved | refused | {one for batch in stale for one in batch.subscriptions})
    if everything:
        following = PlanCursor(step=PlanStep.RESOLVE, subscriptions=None)
    elif again:
        following = PlanCursor(step=PlanStep.RESOLVE, subscriptions=tuple(again))
    else:
        following = _RELATE
    return following, _redo(record, run, stale)


def _unresolved(record: PlanRecord, leads_on: PlanCursor | None) -> tuple[bool, set[str]]:
    """Whether "all visible" is still to be resolved, and which subscriptions by name are."""
    cursors = [
        (page.number, page.cursor) for page in record.failed_pages if page.cursor.step is PlanStep.RESOLVE
    ]
    if leads_on is not None and leads_on.step is PlanStep.RESOLVE:
        cursors.append((record.pages[-1].number, leads_on))
    everything = any(cursor.subscriptions is None for _, cursor in cursors)
    named = {
        one.lower()
        for number, cursor in cursors
        for one in cursor.subscriptions or ()
        if record.latest.get(one.lower(), (-1,))[0] <= number
    }
    return everything, named


def _redo(record: PlanRecord, run: int, stale: list[Batch]) -> Redo:
    keys = {batch.key for batch in stale}
    pages = [
        page
        for page in record.pages
        if page.cursor.step is PlanStep.READ and page.cursor.batch_key in keys and not page.superseded
    ]
    collected = {shard for page in pages for shard in page.shards}
    undone = [one for one in record.undone(ShardStage.COLLECT) if one.shard_id not in collected]
    # Relations are planned on what was collected: where that changes, they are planned anew.
    touched = {one for batch in stale for one in batch.subscriptions} | {
        row.subscription_id for shard in undone for row in shard.asked
    }
    relations = {one.shard_id for one in record.undone(ShardStage.RELATE)} | {
        one.shard_id
        for one in record.shards
        if one.stage is ShardStage.RELATE and one.subscription_id in touched
    }
    failed = {one.shard_id for one in record.markers if one.outcome is ShardOutcome.FAILED}
    return Redo(
        run=run,
        dropped_shards=tuple(sorted(collected | relations)),
        reset_shards=tuple(sorted(failed - collected - relations)),
        superseded_pages=tuple(page.number for page in pages),
    )
