"""Taking a scan up again. While its status is `resuming`, nothing else works on it.

What is done again is decided once, by the page that carries it: pages are inserted if absent, so that page
also keeps a late worker of the run before from going on with the old plan. Applying it may be repeated, by
whoever finds the scan resuming: the caller, a check, or the sweeper.
"""

from __future__ import annotations

import logging

from shared.domain.page import Versioned
from shared.domain.plan import PlannedPage, Redo
from shared.domain.redo import what_to_redo
from shared.domain.scan import Scan, ScanStatus
from shared.domain.timestamps import whole_second
from shared.ports.errors import MissingError, VersionConflictError
from shared.ports.messaging import Message
from shared.services.announce import scan_started
from shared.services.engine import UPDATE_TRIES, Engine
from shared.services.finalize_scan import load_record
from shared.services.messages import check_message, plan_message, shard_message

log = logging.getLogger(__name__)


class ResumeScan:
    """Brings a resuming scan back to running."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def go_on(self, found: Versioned[Scan]) -> None:
        """Decide what is done again (or find it decided), apply it, and send what follows.

        Raises:
            PortError: storage or the broker is away; calling again is safe.
        """
        plans, scan = self._engine.plans, found.value
        redo = await self._decided(scan)
        await plans.delete_markers(scan.scan_id, redo.reset_shards)
        await plans.delete_shards(scan.scan_id, redo.dropped_shards)
        await plans.supersede_pages(scan.scan_id, redo.superseded_pages)
        # Ids of their own: a sweeper that found the scan resuming may have sent these for nothing.
        check = scan.check.model_copy(update={"number": scan.check.number + 1})
        running = scan.model_copy(
            update={"status": ScanStatus.RUNNING, "check": check, "plan_attempt": scan.plan_attempt + 1}
        )
        messages = await self._messages(running)
        await self._engine.outbox.append([scan_started(scan, whole_second(self._engine.clock.now()))])
        try:
            await self._engine.scans.replace(running, found.etag)
        except (VersionConflictError, MissingError):
            log.info("scan %s was taken up or ended by somebody else", scan.scan_id)
            return
        await self._engine.messenger.send(messages)

    async def _decided(self, scan: Scan) -> Redo:
        for _ in range(UPDATE_TRIES):
            record = await load_record(self._engine, scan)
            for page in record.pages:
                if page.redo is not None and page.redo.run == scan.run:
                    return page.redo
            following, redo = what_to_redo(record, scan.run, scan.request.subscriptions)
            bridge = PlannedPage(
                scan_id=scan.scan_id,
                number=record.pages[-1].number + 1 if record.pages else 0,
                read_at=self._engine.clock.now(),
                cursor=following,
                next=following,
                redo=redo,
            )
            if await self._engine.plans.insert_page(bridge, []):
                return redo
        raise VersionConflictError(f"the plan of {scan.scan_id} keeps growing under its resume")

    async def _messages(self, scan: Scan) -> list[Message]:
        plans = self._engine.plans
        digest = await plans.digest(scan.scan_id)
        following: list[Message] = []
        for shard_id in digest.waiting:
            try:
                following.append(shard_message(await plans.raise_attempt(scan.scan_id, shard_id)))
            except (VersionConflictError, MissingError):
                # Somebody else applies the same resume and sends it.
                continue
        if not digest.collected:
            following.append(plan_message(scan, 0 if digest.last_page is None else digest.last_page + 1))
        following.append(check_message(scan, scan.check.number, self._engine.pace.shortest))
        return following
