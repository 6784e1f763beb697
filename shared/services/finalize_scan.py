"""The end of a scan: totals and ledger from the markers, the state by conditional writes, one event.

`finalizing` holds everything the end needs, so that a crash between the event and the terminal state repeats
the same event under the same id and the same end.
"""

from __future__ import annotations

import logging

from shared.domain.coverage import Coverage, CoverageStatus, ScannerCoverage
from shared.domain.ledger import PlanRecord, coverage, totals
from shared.domain.page import Versioned
from shared.domain.plan import ShardOutcome, ShardStage
from shared.domain.scan import CheckState, Scan, ScanError, ScanStatus
from shared.domain.timestamps import whole_second
from shared.ports.errors import MissingError, VersionConflictError
from shared.scanners.wanted import WANTED
from shared.services.announce import scan_event
from shared.services.engine import Engine

log = logging.getLogger(__name__)

NOT_AVAILABLE = "not_available"


class FinalizeScan:
    """Ends scans whose every shard has a marker."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def begin(self, found: Versioned[Scan], check: CheckState) -> None:
        """Write down totals and ledger, then end the scan. Loses quietly to whoever ends it first."""
        engine, scan = self._engine, found.value
        record = await load_record(engine, scan)
        ledger = ledger_of(engine, scan, record)
        if await self._superseded(scan):
            return
        await engine.results.put_coverage(ledger)
        failed = any(
            one.stage is ShardStage.RELATE and one.outcome is ShardOutcome.FAILED for one in record.markers
        )
        ending = scan.model_copy(
            update={
                "status": ScanStatus.FINALIZING,
                "check": check,
                "completed_at": whole_second(engine.clock.now()),
                "totals": totals(record.markers),
                "errors": scan_errors(engine, scan, record),
                "result_shards": result_shards(record) if failed else None,
            }
        )
        try:
            written = await engine.scans.replace(ending, found.etag)
        except (VersionConflictError, MissingError):
            log.info("scan %s was ended or changed by somebody else", scan.scan_id)
            return
        await self.finish(written)

    async def finish(self, found: Versioned[Scan]) -> None:
        """From `finalizing` to the terminal state: keep the event, then write the state."""
        engine, scan = self._engine, found.value
        ledger = await engine.results.coverage(scan.scan_id)
        if ledger is None:
            raise MissingError(f"ledger of {scan.scan_id}")
        status = final_status(ledger, scan.errors)
        await engine.outbox.append([scan_event(scan, status, scan.completed_at or engine.clock.now())])
        try:
            await engine.scans.replace(scan.model_copy(update={"status": status}), found.etag)
        except (VersionConflictError, MissingError):
            log.info("scan %s was ended by somebody else", scan.scan_id)

    async def _superseded(self, scan: Scan) -> bool:
        """Whether somebody ended the scan since it was read: its ledger must not be overwritten then."""
        now = await self._engine.scans.get(scan.scan_id)
        return now is None or now.value.status.terminal


async def load_record(engine: Engine, scan: Scan) -> PlanRecord:
    """Everything written down about the scan's plan."""
    return PlanRecord(
        pages=tuple(await engine.plans.pages(scan.scan_id)),
        shards=tuple(await engine.plans.shards(scan.scan_id)),
        markers=tuple(await engine.plans.markers(scan.scan_id)),
        types=tuple(kind for one in engine.scanners_of(scan) for kind in one.types),
    )


def ledger_of(engine: Engine, scan: Scan, record: PlanRecord) -> Coverage:
    """The scan's ledger as its plan stands."""
    scanners = [
        ScannerCoverage(name=name, status=CoverageStatus.READ)
        if name in engine.scanners
        else ScannerCoverage(name=name, status=CoverageStatus.SKIPPED, reason=NOT_AVAILABLE)
        for name in WANTED[scan.request.scan_type]
    ]
    rules = [rule.rule_id for one in engine.scanners_of(scan) for rule in one.rules()]
    return coverage(scan.scan_id, record, scanners, rules)


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
        "compliance_frameworks": bool(request.compliance_frameworks),
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
        for name in WANTED[request.scan_type]
        if name not in engine.scanners
    ]
    errors += [
        ScanError(subject=f"plan page {page.number}", reason="failed", message=page.failed)
        for page in record.pages
        if page.failed
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
