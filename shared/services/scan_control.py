"""Cancelling and resuming scans (contract X-02, X-02b)."""

from __future__ import annotations

from shared.domain.errors import ConflictError, NotFoundError, UnavailableError
from shared.domain.ledger import totals
from shared.domain.page import Versioned
from shared.domain.plan import PlannedPage
from shared.domain.principal import Principal
from shared.domain.redo import Redo, what_to_redo
from shared.domain.scan import Scan, ScanStatus
from shared.domain.timestamps import whole_second
from shared.ports.errors import BrokerUnavailableError, VersionConflictError
from shared.ports.messaging import Message
from shared.services.engine import UPDATE_TRIES, Engine
from shared.services.finalize_scan import ledger_of, load_record, result_shards, scan_errors
from shared.services.messages import check_message, plan_message, shard_message


class ScanControl:
    """Use cases behind X-02 and X-02b."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def cancel(self, scan_id: str, principal: Principal) -> Scan:
        """End a running scan with what its finished shards found.

        Raises:
            NotFoundError: no such scan.
            ConflictError: it is over already.
        """
        engine = self._engine
        for _ in range(UPDATE_TRIES):
            found = await self._found(scan_id)
            scan = found.value
            if scan.status.terminal:
                raise ConflictError("The scan is already over.", {"status": scan.status.shown})
            record = await load_record(engine, scan)
            await engine.results.put_coverage(ledger_of(engine, scan, record))
            ended = scan.model_copy(
                update={
                    "status": ScanStatus.CANCELLED,
                    "completed_at": whole_second(engine.clock.now()),
                    "totals": totals(record.markers),
                    "errors": scan_errors(engine, scan, record),
                    "result_shards": result_shards(record),
                }
            )
            try:
                return (await engine.scans.replace(ended, found.etag)).value
            except VersionConflictError:
                continue
        raise UnavailableError("The scan keeps changing. Try again.", retry_after=1)

    async def resume(self, scan_id: str, principal: Principal) -> Scan:
        """Run again what has no success marker: shards, unread pages, refused subscriptions.

        Raises:
            NotFoundError: no such scan.
            ConflictError: it is running, or completed with nothing left to do.
            UnavailableError: the broker does not take the messages; the sweeper sends them later.
        """
        engine = self._engine
        found = await self._found(scan_id)
        if not found.value.status.resumable:
            raise ConflictError(
                "Only a cancelled, failed or partial scan can be resumed.",
                {"status": found.value.status.shown},
            )
        redo = what_to_redo(await load_record(engine, found.value))
        scan = await self._reopen(found, redo)
        await engine.plans.delete_markers(scan_id, redo.failed_shards)
        await engine.plans.delete_shards(scan_id, redo.stale_shards)
        await engine.plans.supersede_pages(scan_id, redo.stale_pages)
        if redo.bridge is not None and redo.last_page is not None:
            bridge = PlannedPage(
                scan_id=scan_id,
                number=redo.last_page + 1,
                read_at=engine.clock.now(),
                cursor=redo.bridge,
                next=redo.bridge,
            )
            await engine.plans.insert_page(bridge, [])
        try:
            await engine.messenger.send(await self._messages(scan))
        except BrokerUnavailableError as error:
            raise UnavailableError(
                "The message broker does not answer; the scan goes on when it does."
            ) from error
        return scan

    async def _reopen(self, found: Versioned[Scan], redo: Redo) -> Scan:
        scan = found.value
        resolving = () if redo.resolving_page is None else (redo.resolving_page,)
        check = scan.check.model_copy(
            update={"number": scan.check.number + 1, "progress_at": self._engine.clock.now()}
        )
        reopened = scan.model_copy(
            update={
                "status": ScanStatus.RUNNING,
                "run": scan.run + 1,
                "plan_attempt": scan.plan_attempt + 1,
                "check": check,
                "completed_at": None,
                "errors": (),
                "result_shards": None,
                "resolving_pages": (*scan.resolving_pages, *resolving),
            }
        )
        try:
            return (await self._engine.scans.replace(reopened, found.etag)).value
        except VersionConflictError as error:
            raise ConflictError("The scan was changed at the same time. Look at it again.") from error

    async def _messages(self, scan: Scan) -> list[Message]:
        plans = self._engine.plans
        digest = await plans.digest(scan.scan_id)
        following: list[Message] = []
        for shard_id in sorted(set(digest.shards) - digest.marked):
            following.append(shard_message(await plans.raise_attempt(scan.scan_id, shard_id)))
        if not digest.collected:
            following.append(plan_message(scan, 0 if digest.last_page is None else digest.last_page + 1))
        following.append(check_message(scan.scan_id, scan.check.number, self._engine.pace.shortest))
        return following

    async def _found(self, scan_id: str) -> Versioned[Scan]:
        found = await self._engine.scans.get(scan_id)
        if found is None:
            raise NotFoundError("No scan with this id.")
        return found
