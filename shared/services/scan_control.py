"""Cancelling and resuming scans (contract X-02, X-02b)."""

from __future__ import annotations

from shared.domain.errors import ConflictError, NotFoundError, UnavailableError
from shared.domain.page import Versioned
from shared.domain.principal import Principal
from shared.domain.scan import Scan, ScanStatus
from shared.ports.errors import BrokerUnavailableError, VersionConflictError
from shared.services.engine import UPDATE_TRIES, Engine
from shared.services.finalize_scan import FinalizeScan, ended
from shared.services.resume_scan import ResumeScan


class ScanControl:
    """Use cases behind X-02 and X-02b."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._finalize = FinalizeScan(engine)
        self._resume = ResumeScan(engine)

    async def cancel(self, scan_id: str, principal: Principal) -> Scan:
        """End a running scan with what its finished shards found.

        Raises:
            NotFoundError: no such scan.
            ConflictError: it is over already, or just about to be.
        """
        for _ in range(UPDATE_TRIES):
            found = await self._found(scan_id)
            if found.value.status.terminal:
                raise ConflictError("The scan is already over.", {"status": found.value.status.shown})
            if found.value.status is ScanStatus.FINALIZING:
                # Its end is decided and may be announced: bring it about.
                await self._finalize.finish(found)
                continue
            try:
                cancelled = await ended(self._engine, found.value, ScanStatus.CANCELLED)
                return (await self._engine.scans.replace(cancelled, found.etag)).value
            except VersionConflictError:
                continue
        raise UnavailableError("The scan keeps changing. Try again.", retry_after=1)

    async def resume(self, scan_id: str, principal: Principal) -> Scan:
        """Run again what has no success marker: shards, unread pages, refused subscriptions.

        Raises:
            NotFoundError: no such scan.
            ConflictError: it is running, or completed with nothing left to do.
            UnavailableError: the broker does not take the messages; the sweeper goes on later.
        """
        found = await self._found(scan_id)
        scan = found.value
        if not scan.status.resumable:
            raise ConflictError(
                "Only a cancelled, failed or partial scan can be resumed.", {"status": scan.status.shown}
            )
        check = scan.check.model_copy(
            update={
                "number": scan.check.number + 1,
                "checked_at": self._engine.clock.now(),
                "progress_at": self._engine.clock.now(),
                "nudges": 0,
            }
        )
        resuming = scan.model_copy(
            update={
                "status": ScanStatus.RESUMING,
                "run": scan.run + 1,
                "plan_attempt": scan.plan_attempt + 1,
                "check": check,
                "completed_at": None,
                "errors": (),
                "result_shards": None,
                "ledger": None,
            }
        )
        try:
            reopened = await self._engine.scans.replace(resuming, found.etag)
        except VersionConflictError as error:
            raise ConflictError("The scan is being resumed or changed by somebody else.") from error
        try:
            await self._resume.go_on(reopened)
        except BrokerUnavailableError as error:
            raise UnavailableError(
                "The message broker does not answer; the scan goes on when it does."
            ) from error
        return reopened.value

    async def _found(self, scan_id: str) -> Versioned[Scan]:
        found = await self._engine.scans.get(scan_id)
        if found is None:
            raise NotFoundError("Scan not found")
        return found
