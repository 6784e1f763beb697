"""The repeated check: compares markers with the plan, plans relations, and brings the scan to its end.

A check sends its successor before it writes the row, and a check older than the row's number is dropped: a
crash in between repeats the check, a duplicate dies out, and a chain that broke is restarted by the sweeper.
"""

from __future__ import annotations

import logging

from shared.domain.join import Decision, Step, decide
from shared.domain.ledger import projections_of, type_coverage
from shared.domain.page import Versioned
from shared.domain.plan import PlanCursor, PlanDigest, PlannedPage, PlanStep, Shard, ShardStage
from shared.domain.plan_record import PlanRecord
from shared.domain.reading import is_directory
from shared.domain.scan import Scan, ScanStatus
from shared.ports.errors import MissingError, VersionConflictError
from shared.ports.messaging import Message
from shared.services.engine import SHARDS_PER_PAGE, Engine
from shared.services.finalize_scan import FinalizeScan, load_record
from shared.services.messages import CheckMessage, check_message, plan_message, shard_message
from shared.services.resume_scan import ResumeScan

log = logging.getLogger(__name__)


class CheckScan:
    """Handles `scan-check`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._finalize = FinalizeScan(engine)
        self._resume = ResumeScan(engine)

    async def run(self, message: CheckMessage) -> None:
        """Do one check.

        Raises:
            PortError: storage or the broker is away; the message will be delivered again.
        """
        engine = self._engine
        found = await engine.scans.get(message.scan_id)
        if found is None or found.value.status.terminal:
            return
        if found.value.status is ScanStatus.FINALIZING:
            await self._finalize.finish(found)
            return
        if found.value.status is ScanStatus.RESUMING:
            await self._resume.go_on(found)
            return
        if message.number < found.value.check.number:
            return
        digest = await engine.plans.digest(message.scan_id)
        decision = decide(found.value, digest, message.number, engine.clock.now(), engine.pace)
        if decision.step is Step.FINALIZE:
            await self._finalize.begin(found, decision.check)
            return
        following = await self._follow(found, digest, decision)
        following.append(check_message(found.value, decision.check.number, decision.delay))
        await engine.messenger.send(following)
        await self._write(found, digest, decision)

    async def _follow(self, found: Versioned[Scan], digest: PlanDigest, decision: Decision) -> list[Message]:
        if decision.step is Step.RELATE:
            return [shard_message(one) for one in await self._plan_relations(found.value, digest)]
        again = await self._newly_planned(found.value, digest)
        for shard_id in decision.resend_shards:
            try:
                shard = await self._engine.plans.raise_attempt(found.value.scan_id, shard_id)
            except (VersionConflictError, MissingError):
                # Somebody else sent it again, or a resume planned it anew.
                continue
            again.append(shard_message(shard))
        if decision.resend_shards or decision.resend_plan:
            log.warning(
                "scan %s stood still: %s shards are sent again",
                found.value.scan_id,
                len(decision.resend_shards),
            )
        if decision.resend_plan:
            page = 0 if digest.last_page is None else digest.last_page + 1
            raised = found.value.model_copy(update={"plan_attempt": found.value.plan_attempt + 1})
            again.append(plan_message(raised, page))
        return again

    async def _newly_planned(self, scan: Scan, digest: PlanDigest) -> list[Message]:
        """Relation shards that the last recorded check did not know: whoever planned them may have
        crashed before sending them. Duplicate detection drops those that were sent."""
        if not digest.planned or len(digest.shards) <= scan.check.progress[1]:
            return []
        shards = [
            await self._engine.plans.get_shard(scan.scan_id, one)
            for one in digest.waiting
            if digest.shards[one] is ShardStage.RELATE
        ]
        return [shard_message(one) for one in shards if one is not None]

    async def _write(self, found: Versioned[Scan], digest: PlanDigest, decision: Decision) -> None:
        planning = digest.last_page is None
        scan = found.value.model_copy(
            update={
                "status": ScanStatus.PLANNING if planning else ScanStatus.RUNNING,
                "check": decision.check,
                "plan_attempt": found.value.plan_attempt + int(decision.resend_plan),
            }
        )
        try:
            await self._engine.scans.replace(scan, found.etag)
        except VersionConflictError:
            # Cancelled or checked by a duplicate meanwhile; the successor looks again.
            log.info("scan %s changed during its check", scan.scan_id)

    async def _plan_relations(self, scan: Scan, digest: PlanDigest) -> list[Shard]:
        """Write the relation shards page by page; those that stand already are sent as they are."""
        engine, plans = self._engine, self._engine.plans
        record = await load_record(engine, scan)
        planned = {one.subscription_id for one in record.shards if one.stage is ShardStage.RELATE}
        packets = 0 if engine.confirm is None else engine.confirm.packets
        wanted = [one for one in relation_shards(scan, record, packets) if one.subscription_id not in planned]
        number, written = record.pages[-1].number + 1, list[Shard]()
        while True:
            now, later = wanted[:SHARDS_PER_PAGE], wanted[SHARDS_PER_PAGE:]
            cursor = PlanCursor(step=PlanStep.RELATE)
            page = PlannedPage(
                scan_id=scan.scan_id,
                number=number,
                read_at=engine.clock.now(),
                cursor=cursor,
                next=cursor if later else None,
                shards=tuple(one.shard_id for one in now),
            )
            if not await plans.insert_page(page, now):
                # Another check is planning the same: its successor sends what is missing.
                return written
            written += now
            if not later:
                return written
            wanted, number = later, number + 1


def relation_shards(scan: Scan, record: PlanRecord, confirmations: int = 0) -> list[Shard]:
    """One shard for each readable subscription, naming its columns and how completely its types were read.

    Args:
        confirmations: packets about which Azure may be asked, shared out evenly among the subscriptions.
    """
    types = type_coverage(record)
    read_at = {shard.shard_id: shard.read_at for shard in record.shards}
    pages_at = min((page.read_at for page in record.pages), default=scan.created_at)
    shards = []
    projections = projections_of(record)
    asking = sorted(one for one in projections if not is_directory(one))
    for subscription, blobs in sorted(projections.items()):
        oldest = [
            read_at[marker.shard_id]
            for marker in record.done()
            if subscription in marker.projections and marker.shard_id in read_at
        ]
        shards.append(
            Shard(
                scan_id=scan.scan_id,
                shard_id=f"r{scan.run}-{subscription}",
                stage=ShardStage.RELATE,
                read_at=min(oldest, default=pages_at),
                subscription_id=subscription,
                blobs=blobs,
                asked=tuple(one for one in types if one.subscription_id == subscription),
                confirmations=len(range(asking.index(subscription), confirmations, len(asking)))
                if subscription in asking
                else 0,
            )
        )
    return shards
