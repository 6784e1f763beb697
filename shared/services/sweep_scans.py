"""The sweeper: restarts the check chain of scans that nobody looked at for too long.

A chain breaks when a process dies between sending a check and writing its row, or when the broker lost a
message. Restarting is safe at any time: checks and pages are idempotent.
"""

from __future__ import annotations

import logging
from typing import Final

from shared.domain.plan import PlanDigest
from shared.domain.scan import Scan
from shared.ports.errors import MissingError, VersionConflictError
from shared.services.engine import Engine
from shared.services.finalize_scan import FinalizeScan
from shared.services.messages import check_message, plan_message

log = logging.getLogger(__name__)

MOST_RESTARTS: Final = 10
"""Restarts in a row without a check that got through before a scan is given up as failed."""


class SweepScans:
    """Handles the timer `stuck_scans`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._finalize = FinalizeScan(engine)

    async def run(self) -> int:
        """Restart what stands still; how many scans that were."""
        restarted = 0
        for scan in await self._engine.scans.unfinished():
            if self._stands_still(scan) and await self._restart(scan.scan_id):
                restarted += 1
        return restarted

    def _stands_still(self, scan: Scan) -> bool:
        looked = max(filter(None, (scan.created_at, scan.check.checked_at, scan.check.progress_at)))
        pace = self._engine.pace
        return self._engine.clock.now() - looked >= max(pace.stall, 2 * pace.longest)

    async def _restart(self, scan_id: str) -> bool:
        engine = self._engine
        found = await engine.scans.get(scan_id)
        if found is None or found.value.status.terminal or not self._stands_still(found.value):
            return False
        scan = found.value
        if scan.check.restarts >= MOST_RESTARTS:
            reason = f"it stood still after {MOST_RESTARTS} restarts; its messages cannot be worked on"
            await self._finalize.give_up(found, reason)
            return True
        check = scan.check.model_copy(
            update={
                "number": scan.check.number + 1,
                "checked_at": engine.clock.now(),
                "restarts": scan.check.restarts + 1,
            }
        )
        raised = scan.model_copy(update={"check": check, "plan_attempt": scan.plan_attempt + 1})
        try:
            await engine.scans.replace(raised, found.etag)
        except (VersionConflictError, MissingError):
            return False
        digest: PlanDigest = await engine.plans.digest(scan_id)
        messages = [check_message(raised, check.number, None)]
        if not digest.collected:
            page = 0 if digest.last_page is None else digest.last_page + 1
            messages.append(plan_message(raised, page))
        await engine.messenger.send(messages)
        log.warning("scan %s stood still and was started again", scan_id)
        return True
