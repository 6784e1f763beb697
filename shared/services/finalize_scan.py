"""The end of a scan: totals and ledger from the markers, the state by conditional writes, one event.

`finalizing` holds everything the end needs, so that a crash between the event and the terminal state repeats
the same event under the same id and the same end.
"""

from __future__ import annotations

import asyncio
import logging

from shared.domain.coverage import Coverage, CoverageStatus, ScannerCoverage
from shared.domain.ledger import coverage, totals
from shared.domain.page import Versioned
from shared.domain.plan import ShardOutcome
from shared.domain.plan_record import PlanRecord, Reading
from shared.domain.scan import CheckState, Scan, ScanError, ScanStatus
from shared.domain.timestamps import whole_second
from shared.ports.errors import MissingError, VersionConflictError
from shared.rules.base import RuleScope
from shared.services.announce import scan_event
from shared.services.engine import Engine
from shared.services.ledgers import get_ledger, put_ledger
from shared.services.record_posture import record_posture
from shared.services.targets import unread_targets

log = logging.getLogger(__name__)

NOT_AVAILABLE = "not_available"


class FinalizeScan:
    """Ends scans whose every shard has a marker."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def begin(self, found: Versioned[Scan], check: CheckState) -> None:
        """Write down totals and ledger, then end the scan. Loses quietly to whoever ends it first."""
        try:
            written = await self._engine.scans.replace(
                (await ended(self._engine, found.value, ScanStatus.FINALIZING)).model_copy(
                    update={"check": check}
                ),
                found.etag,
            )
        except (VersionConflictError, MissingError):
            log.info("scan %s was ended or changed by somebody else", found.value.scan_id)
            return
        await self.finish(written)

    async def finish(self, found: Versioned[Scan]) -> None:
        """From `finalizing` to the terminal state: keep posture and event, then write the state."""
        scan = found.value
        ledger = await get_ledger(self._engine, scan)
        await record_posture(self._engine, scan, ledger)
        await self._announce(found, final_status(ledger, scan.errors))

    async def give_up(self, found: Versioned[Scan], reason: str) -> None:
        """End a scan that no restart moves: `failed`, with the reason, and what its shards found so far."""
        scan = await ended(self._engine, found.value, ScanStatus.FAILED)
        error = ScanError(subject="scan", reason="failed", message=reason)
        abandoned = scan.model_copy(update={"errors": (error, *scan.errors), "status": found.value.status})
        await self._announce(Versioned(abandoned, found.etag), ScanStatus.FAILED)

    async def _announce(self, found: Versioned[Scan], status: ScanStatus) -> None:
        engine, scan = self._engine, found.value
        await engine.outbox.append([scan_event(scan, status, scan.completed_at or engine.clock.now())])
        try:
            await engine.scans.replace(scan.model_copy(update={"status": status}), found.etag)
        except (VersionConflictError, MissingError):
            log.info("scan %s was ended by somebody else", scan.scan_id)


async def ended(engine: Engine, scan: Scan, status: ScanStatus) -> Scan:
    """The scan with totals, ledger, errors and completion time of this moment, in `status`."""
    record = await load_record(engine, scan)
    undone = any(marker.outcome is ShardOutcome.FAILED for marker in record.markers)
    whole = status is ScanStatus.FINALIZING and not undone and scan.run == 1
    return scan.model_copy(
        update={
            "status": status,
            "completed_at": whole_second(engine.clock.now()),
            "totals": totals(record.markers),
            "errors": scan_errors(engine, scan, record),
            "result_shards": None if whole else result_shards(record),
            "ledger": await put_ledger(engine, ledger_of(engine, scan, record)),
        }
    )


async def load_record(engine: Engine, scan: Scan) -> PlanRecord:
    """Everything written down about the scan's plan; markers of dropped shards are left out."""
    pages, shards, markers = await asyncio.gather(
        engine.plans.pages(scan.scan_id),
        engine.plans.shards(scan.scan_id),
        engine.plans.markers(scan.scan_id),
    )
    present, scanner = {shard.shard_id for shard in shards}, engine.scanner_of(scan)
    return PlanRecord(
        pages=tuple(pages),
        shards=tuple(shards),
        markers=tuple(marker for marker in markers if marker.shard_id in present),
        reading=scanner.reading if scanner is not None else Reading(),
    )


def ledger_of(engine: Engine, scan: Scan, record: PlanRecord) -> Coverage:
    """The scan's ledger as its plan stands."""
    scanners = [
        ScannerCoverage(name=name, status=CoverageStatus.READ)
        if name in engine.scanners.names
        else ScannerCoverage(name=name, status=CoverageStatus.SKIPPED, reason=NOT_AVAILABLE)
        for name in engine.asked_scanners(scan)
    ]
    scanner = engine.scanner_of(scan)
    rules = scanner.rules() if scanner is not None else ()
    return coverage(
        scan.scan_id,
        record,
        scanners,
        {rule.rule_id: rule.reads for rule in rules},
        frozenset(rule.rule_id for rule in rules if rule.scope is RuleScope.DIRECTORY),
        unread_targets(scan.request.target_resources, record),
    )


def result_shards(record: PlanRecord) -> tuple[str, ...]:
    """Shards whose rows belong to the scan's result: those that were done."""
    return tuple(sorted(marker.shard_id for marker in record.done()))


def scan_errors(engine: Engine, scan: Scan, record: PlanRecord) -> tuple[ScanError, ...]:
    """Asked for and not done: actions and scanners this build lacks, pages and shards that failed."""
    request = scan.request
    actions = {
        "execute_actions": request.execute_actions,
        "create_issues": request.create_issues,
        "notification_channels": bool(request.notification_channels),
    }
    errors = [
        ScanError(
            subject=name, reason=NOT_AVAILABLE, message=f"{name} was asked for; this build cannot do it yet"
        )
        for name, asked in actions.items()
        if asked
    ]
    errors += [
        ScanError(subject=name, reason=NOT_AVAILABLE, message=f"the scanner {name} is not in this build yet")
        for name in engine.asked_scanners(scan)
        if name not in engine.scanners.names
    ]
    errors += [
        ScanError(subject=one.resource_id or "", reason="not_read", message=one.reason)
        for one in unread_targets(request.target_resources, record)
    ]
    errors += [
        ScanError(subject=f"plan page {page.number}", reason="failed", message=page.failed or "")
        for page in record.failed_pages
    ]
    errors += [
        ScanError(
            subject=f"shard {marker.shard_id}", reason="failed", message=marker.reason or "the shard failed"
        )
        for marker in record.markers
        if marker.outcome is ShardOutcome.FAILED
    ]
    return tuple(errors[:200])


def final_status(ledger: Coverage, errors: tuple[ScanError, ...]) -> ScanStatus:
    """`completed` only when everything asked for was looked at; `failed` when nothing could be read."""
    if ledger.complete and not errors:
        return ScanStatus.COMPLETED
    present = [one for one in ledger.scanners if one.status is not CoverageStatus.SKIPPED]
    if present and all(one.status is CoverageStatus.FAILED for one in present):
        return ScanStatus.FAILED
    return ScanStatus.PARTIAL
