"""Planning: one page of inventory a message, resumable after a crash at any point.

A page is fetched, its rows put into a blob under a name of this execution's own, and page and shard written
in one transaction if absent. Whoever loses that race follows the row that won. Only then are the messages of
the shard and of the next page sent: a crash repeats work and never loses or doubles it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Any, Final

from shared.domain.coverage import CoverageStatus, SubscriptionCoverage, TypeCoverage
from shared.domain.plan import PlanCursor, PlannedPage, PlanStep, Shard, ShardStage
from shared.domain.scan import Scan
from shared.ports.errors import InventoryError, MissingError
from shared.ports.inventory import InventoryPage
from shared.ports.messaging import Message
from shared.scanners.base import Scanner
from shared.services.engine import SUBSCRIPTIONS_PER_BATCH, Engine
from shared.services.messages import PlanMessage, plan_message, shard_message
from shared.services.page_blobs import put_rows
from shared.services.problems import note_problem, noted_problem
from shared.services.scope import resolve

log = logging.getLogger(__name__)

MAX_REASON: Final = 500


class PlanScan:
    """Handles `scan-plan`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def run(self, message: PlanMessage) -> None:
        """Do one page and send what follows from it.

        Raises:
            InventoryError: Azure failed in a way that a later delivery may not meet.
            PortError: storage or the broker is away; the message will be delivered again.
        """
        found = await self._engine.scans.get(message.scan_id)
        if found is None or not found.value.status.working:
            log.info("plan message for %s is of no use now", message.scan_id)
            return
        try:
            await self._page(found.value, message.page, failure=None)
        except InventoryError as error:
            await note_problem(self._engine, message.scan_id, f"plan-{message.page}", error)
            raise

    async def fail(self, message: PlanMessage, reason: str) -> None:
        """A page was given up by the broker: name what it leaves unread, and go on with the next batch."""
        found = await self._engine.scans.get(message.scan_id)
        if found is None or not found.value.status.working or message.attempt < found.value.plan_attempt:
            return
        problem = await noted_problem(self._engine, message.scan_id, f"plan-{message.page}")
        await self._page(found.value, message.page, failure=f"{problem or reason}"[:MAX_REASON])

    async def _page(self, scan: Scan, number: int, failure: str | None) -> None:
        page, cursor = await asyncio.gather(
            self._engine.plans.get_page(scan.scan_id, number), self._cursor(scan, number)
        )
        if page is not None:
            await self._send_again(scan, page)
            return
        if cursor is None or cursor.step is PlanStep.RELATE:
            return
        page, shards = await self._write(scan, number, cursor, failure)
        following = [shard_message(shard) for shard in shards]
        if page.next is not None and page.next.step is not PlanStep.RELATE:
            following.append(plan_message(scan, number + 1))
        await self._engine.messenger.send(following)

    async def _cursor(self, scan: Scan, number: int) -> PlanCursor | None:
        if number == 0:
            return PlanCursor(step=PlanStep.RESOLVE, subscriptions=scan.request.subscriptions)
        previous = await self._engine.plans.get_page(scan.scan_id, number - 1)
        if previous is None:
            # A later page is never asked for before the earlier one is written, so this is a stray.
            log.warning("plan page %s of %s has no predecessor", number, scan.scan_id)
            return None
        return previous.next

    async def _send_again(self, scan: Scan, page: PlannedPage) -> None:
        """The page stands. Send its unfinished shards, and the next page unless planning is past it."""
        digest = await self._engine.plans.digest(scan.scan_id)
        following: list[Message] = []
        for shard_id in page.shards:
            if shard_id not in digest.marked:
                shard = await self._engine.plans.get_shard(scan.scan_id, shard_id)
                if shard is not None:
                    following.append(shard_message(shard))
        if digest.last_page == page.number and not digest.collected:
            following.append(plan_message(scan, page.number + 1))
        if following:
            await self._engine.messenger.send(following)

    async def _write(
        self, scan: Scan, number: int, cursor: PlanCursor, failure: str | None
    ) -> tuple[PlannedPage, list[Shard]]:
        shards: list[Shard]
        if failure is not None:
            page, shards = await self._unread(scan, number, cursor, failure), []
        elif cursor.step is PlanStep.RESOLVE:
            page, shards = await self._resolve(scan, number, cursor), []
        else:
            page, shards = await self._read(scan, number, cursor)
        if await self._engine.plans.insert_page(page, shards):
            return page, shards
        stands = await self._engine.plans.get_page(scan.scan_id, number)
        if stands is None:
            raise RuntimeError(f"page {number} of {scan.scan_id} was there and is not")
        written = [await self._engine.plans.get_shard(scan.scan_id, one) for one in stands.shards]
        return stands, [shard for shard in written if shard is not None]

    async def _resolve(self, scan: Scan, number: int, cursor: PlanCursor) -> PlannedPage:
        scanner = self._scanner(scan)
        read_at = self._engine.clock.now()
        if scanner is None:
            return PlannedPage(
                scan_id=scan.scan_id,
                number=number,
                read_at=read_at,
                cursor=cursor,
                next=None,
                subscriptions=_all(cursor, CoverageStatus.SKIPPED, "not_available"),
            )
        types = (*scanner.types, *scanner.noticed_types)
        scope = await resolve(
            self._engine.inventory, cursor.subscriptions, types, scan.request.resource_group
        )
        readable = scope.readable
        batches = tuple(
            tuple(readable[start : start + SUBSCRIPTIONS_PER_BATCH])
            for start in range(0, len(readable), SUBSCRIPTIONS_PER_BATCH)
        )
        following = PlanCursor(step=PlanStep.READ, resolved_on=number) if batches else RELATE_ALL
        return PlannedPage(
            scan_id=scan.scan_id,
            number=number,
            read_at=read_at,
            cursor=cursor,
            next=following,
            batches=batches,
            subscriptions=tuple(scope.subscriptions),
            types=tuple(scope.types),
        )

    async def _read(self, scan: Scan, number: int, cursor: PlanCursor) -> tuple[PlannedPage, list[Shard]]:
        engine, scanner = self._engine, self._scanner(scan)
        if scanner is None:
            raise RuntimeError("a reading page without a scanner")
        batches = await self._batches(scan, cursor)
        read_at = engine.clock.now()
        try:
            listing = await engine.inventory.page(
                scanner.query,
                batches[cursor.batch],
                types=(*scanner.types, *scanner.noticed_types),
                skip_token=cursor.skip_token,
                page_size=cursor.page_size or engine.page_size,
            )
        except InventoryError as error:
            if error.transient:
                raise
            return await self._unread(scan, number, cursor, str(error)[:MAX_REASON]), []
        shards: list[Shard] = []
        if listing.rows:
            blob = f"{scan.scan_id}/pages/{number:06d}-{engine.tokens.token(8)}.json.z"
            await put_rows(engine.blobs, blob, listing.rows)
            shards = [
                Shard(
                    scan_id=scan.scan_id,
                    shard_id=f"c{number:06d}",
                    stage=ShardStage.COLLECT,
                    read_at=read_at,
                    blobs=(blob,),
                    asked=_asked(listing.rows),
                    scope=batches[cursor.batch],
                )
            ]
        page = PlannedPage(
            scan_id=scan.scan_id,
            number=number,
            read_at=read_at,
            cursor=cursor,
            next=_following(cursor, listing, len(batches)),
            shards=tuple(shard.shard_id for shard in shards),
        )
        return page, shards

    async def _unread(self, scan: Scan, number: int, cursor: PlanCursor, reason: str) -> PlannedPage:
        """What is not read because this page failed: everything left in its batch."""
        following = RELATE_ALL
        if cursor.step is PlanStep.READ and cursor.batch + 1 < len(await self._batches(scan, cursor)):
            following = _next_batch(cursor)
        return PlannedPage(
            scan_id=scan.scan_id,
            number=number,
            read_at=self._engine.clock.now(),
            cursor=cursor,
            next=following,
            subscriptions=(
                _all(cursor, CoverageStatus.FAILED, reason) if cursor.step is PlanStep.RESOLVE else ()
            ),
            failed=reason,
        )

    async def _batches(self, scan: Scan, cursor: PlanCursor) -> tuple[tuple[str, ...], ...]:
        """The batches of the resolving page that a reading cursor goes through."""
        page = await self._engine.plans.get_page(scan.scan_id, cursor.resolved_on)
        if page is None:
            raise MissingError(f"page {cursor.resolved_on} of {scan.scan_id}")
        return page.batches

    def _scanner(self, scan: Scan) -> Scanner | None:
        scanners = self._engine.scanners_of(scan)
        return scanners[0] if scanners else None


RELATE_ALL: Final = PlanCursor(step=PlanStep.RELATE)


def _all(cursor: PlanCursor, status: CoverageStatus, reason: str) -> tuple[SubscriptionCoverage, ...]:
    """Every subscription that a resolving page was asked for by name."""
    return tuple(
        SubscriptionCoverage(subscription_id=one.lower(), status=status, reason=reason)
        for one in cursor.subscriptions or ()
    )


def _following(cursor: PlanCursor, listing: InventoryPage, batches: int) -> PlanCursor:
    if listing.next_token is not None:
        return cursor.model_copy(update={"skip_token": listing.next_token, "page_size": listing.page_size})
    return _next_batch(cursor) if cursor.batch + 1 < batches else RELATE_ALL


def _next_batch(cursor: PlanCursor) -> PlanCursor:
    return PlanCursor(step=PlanStep.READ, resolved_on=cursor.resolved_on, batch=cursor.batch + 1)


def _asked(rows: Any) -> tuple[TypeCoverage, ...]:
    """How many rows of which subscription and type a page holds, as far as its rows say."""
    counts = Counter(
        (str(row["subscriptionId"]).lower(), str(row["type"]).lower())
        for row in rows
        if isinstance(row, dict) and row.get("subscriptionId") and row.get("type")
    )
    return tuple(
        TypeCoverage(subscription_id=subscription, type=kind, status=CoverageStatus.READ, asked=count)
        for (subscription, kind), count in sorted(counts.items())
    )
