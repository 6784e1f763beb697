"""Planning: one page of inventory a message, resumable after a crash at any point.

A page is fetched, its rows put into a blob under a name of this execution's own, and page and shard written
in one transaction if absent. Whoever loses that race follows the row that won. Only then are the messages of
the shard and of the next page sent: a crash repeats work and never loses or doubles it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from shared.domain.coverage import CoverageStatus, SubscriptionCoverage, TypeCoverage
from shared.domain.plan import PlanCursor, PlannedPage, PlanStep, Shard, ShardStage
from shared.domain.reading import Listing, Source, asked_types, canonical_type, scope_resource_id
from shared.domain.scan import Scan
from shared.domain.text import one_line
from shared.ports.errors import InventoryError, MissingError
from shared.ports.inventory import InventoryPage, InventoryQuery
from shared.ports.messaging import Message
from shared.scanners.base import Scanner
from shared.scanners.details import DetailOrder, asked_of, parted
from shared.services.announce import scan_started
from shared.services.engine import SHARDS_PER_PAGE, SUBSCRIPTIONS_PER_BATCH, Engine, focus_of
from shared.services.fresh_rows import with_fresh_rows
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
        await self._page(found.value, message.page, failure=one_line(problem or reason, MAX_REASON))

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
        if number == 0:
            # Before anything that the scan finds can be announced; a repeat has the same id.
            await self._engine.outbox.append([scan_started(scan, scan.created_at)])
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
        listings = scanner.listings
        scope = await resolve(
            self._engine.inventory,
            cursor.subscriptions,
            tuple(kind for one in listings if one.source is not Source.SCOPE for kind in one.types),
            scan.request.resource_group,
            directories=any(one.directory for one in listings),
            known=await self._resolved_before(scan, number),
        )
        readable = scope.readable
        batches = (
            *(
                tuple(readable[start : start + SUBSCRIPTIONS_PER_BATCH])
                for start in range(0, len(readable), SUBSCRIPTIONS_PER_BATCH)
            ),
            *((one,) for one in scope.directories),
        )
        following = PlanCursor(step=PlanStep.READ, resolved_on=number) if batches else RELATE_ALL
        return PlannedPage(
            scan_id=scan.scan_id,
            number=number,
            read_at=read_at,
            cursor=cursor,
            next=following,
            batches=batches,
            listings=listings,
            subscriptions=tuple(scope.subscriptions),
            types=tuple(scope.types),
        )

    async def _read(self, scan: Scan, number: int, cursor: PlanCursor) -> tuple[PlannedPage, list[Shard]]:
        engine, scanner = self._engine, self._scanner(scan)
        if scanner is None:
            raise RuntimeError("a reading page without a scanner")
        resolved = await self._resolved(scan, cursor)
        scope, listing = resolved.batches[cursor.batch], resolved.listings_of(cursor.batch)[cursor.listing]
        read_at = engine.clock.now()
        try:
            found = await self._list(listing, scope, cursor)
            if scan.request.after_change:
                found = await with_fresh_rows(
                    engine.inventory, found, listing, scope, scan.request.target_resources
                )
        except InventoryError as error:
            if error.transient:
                raise
            return await self._unread(scan, number, cursor, one_line(str(error), MAX_REASON)), []
        shards: list[Shard] = []
        if found.rows:
            blob = f"{scan.scan_id}/pages/{number:06d}-{engine.tokens.token(8)}.json.z"
            await put_rows(engine.blobs, blob, found.rows)
            rows = Shard(
                scan_id=scan.scan_id,
                shard_id=f"c{number:06d}",
                stage=ShardStage.COLLECT,
                read_at=read_at,
                blobs=(blob,),
                asked=_asked(found.rows),
                scope=scope,
            )
            shards = [rows, *await self._details(rows, scanner.details(found.rows, focus_of(scan, scope)))]
        page = PlannedPage(
            scan_id=scan.scan_id,
            number=number,
            read_at=read_at,
            cursor=cursor,
            next=_following(cursor, found, resolved),
            shards=tuple(shard.shard_id for shard in shards),
        )
        return page, shards

    async def _list(self, listing: Listing, scope: tuple[str, ...], cursor: PlanCursor) -> InventoryPage:
        """One page of a listing. The scopes themselves are known: they need no reading."""
        if listing.source is Source.SCOPE:
            rows = [
                {
                    "id": scope_resource_id(one),
                    "type": listing.types[0],
                    "subscriptionId": one,
                    "properties": {},
                }
                for one in scope
            ]
            return InventoryPage(rows, len(rows), None, len(rows))
        return await self._engine.inventory.page(
            InventoryQuery(listing.source.value),
            scope,
            types=asked_types(listing.types),
            skip_token=cursor.skip_token,
            page_size=cursor.page_size or self._engine.page_size,
        )

    async def _details(self, rows: Shard, orders: Sequence[DetailOrder]) -> list[Shard]:
        """Shards of what is read below the rows of a page, each a part of one blob of orders."""
        if not orders:
            return []
        parts = parted(orders, SHARDS_PER_PAGE - 1)
        blob = f"{rows.blobs[0].removesuffix('.json.z')}-details.json.z"
        await put_rows(self._engine.blobs, blob, [[one.as_json() for one in part] for part in parts])
        return [
            rows.model_copy(
                update={
                    "shard_id": f"{rows.shard_id}d{number:02d}",
                    "blobs": (blob,),
                    "asked": asked_of(part),
                    "part": number,
                }
            )
            for number, part in enumerate(parts)
        ]

    async def _unread(self, scan: Scan, number: int, cursor: PlanCursor, reason: str) -> PlannedPage:
        """What is not read because this page failed: everything left of its listing."""
        following = RELATE_ALL
        if cursor.step is PlanStep.READ:
            following = _next_listing(cursor, await self._resolved(scan, cursor))
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

    async def _resolved(self, scan: Scan, cursor: PlanCursor) -> PlannedPage:
        """The resolving page whose batches and listings a reading cursor goes through."""
        page = await self._engine.plans.get_page(scan.scan_id, cursor.resolved_on)
        if page is None:
            raise MissingError(f"page {cursor.resolved_on} of {scan.scan_id}")
        return page

    async def _resolved_before(self, scan: Scan, number: int) -> frozenset[str]:
        """Scopes that earlier pages resolved: a resume names those that are to be resolved again."""
        if number == 0:
            return frozenset()
        pages = await self._engine.plans.pages(scan.scan_id)
        return frozenset(
            one.subscription_id for page in pages if page.number < number for one in page.subscriptions
        )

    def _scanner(self, scan: Scan) -> Scanner | None:
        return self._engine.scanner_of(scan)


RELATE_ALL: Final = PlanCursor(step=PlanStep.RELATE)


def _all(cursor: PlanCursor, status: CoverageStatus, reason: str) -> tuple[SubscriptionCoverage, ...]:
    """Every subscription that a resolving page was asked for by name."""
    return tuple(
        SubscriptionCoverage(subscription_id=one.lower(), status=status, reason=reason)
        for one in cursor.subscriptions or ()
    )


def _following(cursor: PlanCursor, found: InventoryPage, resolved: PlannedPage) -> PlanCursor:
    if found.next_token is not None:
        return cursor.model_copy(update={"skip_token": found.next_token, "page_size": found.page_size})
    return _next_listing(cursor, resolved)


def _next_listing(cursor: PlanCursor, resolved: PlannedPage) -> PlanCursor:
    """The batch's next listing, else the first of the next batch."""
    here = PlanCursor(step=PlanStep.READ, resolved_on=cursor.resolved_on, batch=cursor.batch)
    if cursor.listing + 1 < len(resolved.listings_of(cursor.batch)):
        return here.model_copy(update={"listing": cursor.listing + 1})
    if cursor.batch + 1 < len(resolved.batches):
        return here.model_copy(update={"batch": cursor.batch + 1})
    return RELATE_ALL


def _asked(rows: Any) -> tuple[TypeCoverage, ...]:
    """How many rows of which subscription and type a page holds, as far as its rows say."""
    counts = Counter(
        (str(row["subscriptionId"]).lower(), canonical_type(str(row["type"])))
        for row in rows
        if isinstance(row, dict) and row.get("subscriptionId") and row.get("type")
    )
    return tuple(
        TypeCoverage(subscription_id=subscription, type=kind, status=CoverageStatus.READ, asked=count)
        for (subscription, kind), count in sorted(counts.items())
    )
