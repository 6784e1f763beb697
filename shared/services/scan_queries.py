"""Reading scans: state, results, exposure and coverage, of running scans as of finished ones.

A running scan counts only what shards with a success marker left; a finished one is frozen (contract,
section 6): its members and totals stay as finalised, and only the people's fields come from today's records.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from shared.domain.attack_path import AttackPath
from shared.domain.coverage import Coverage, CoverageStatus, ReadFailure, TypeCoverage
from shared.domain.errors import NotFoundError
from shared.domain.exposure import EVERY_EXPOSURE, Exposure, ExposureFilter
from shared.domain.finding import Finding, FrozenFinding
from shared.domain.ids import IdKind, is_id
from shared.domain.ledger import totals
from shared.domain.page import Page, PageRequest
from shared.domain.plan import ShardOutcome
from shared.domain.scan import Scan, ScanType
from shared.domain.severity import Severity
from shared.ports.stores import PathFilter
from shared.services.engine import Engine
from shared.services.finalize_scan import ledger_of, load_record
from shared.services.ledgers import get_ledger

CONCURRENT_READS: Final = 16
"""Point reads in flight for one request: a page joins at most 200 records."""

POLL_FIRST: Final = 0.2
POLL_LONGEST: Final = 2.0
"""Seconds between two looks at a scan that somebody waits for; the pause doubles from first to longest."""


@dataclass(frozen=True, slots=True)
class ScanFinding:
    """A member of a scan and the record it belongs to today (None: the record is not written yet)."""

    frozen: FrozenFinding
    record: Finding | None


@dataclass(frozen=True, slots=True)
class ScanResults:
    """A scan and one page of its findings."""

    scan: Scan
    page: Page[ScanFinding]


@dataclass(frozen=True, slots=True)
class ScanExposures:
    """A scan and one page of its exposure rows."""

    scan: Scan
    page: Page[Exposure]


@dataclass(frozen=True, slots=True)
class ScanPaths:
    """A scan, one page of its attack paths, and how far they were looked for."""

    scan: Scan
    page: Page[AttackPath]
    evaluated: bool
    """Whether the scan looks for attack paths at all."""
    complete: bool
    """It did in every subscription asked for, and everything that paths are made of was read."""
    not_read: tuple[TypeCoverage, ...]
    """Types that paths are made of and that were not read whole."""


@dataclass(frozen=True, slots=True)
class ScanCoverage:
    """A scan, its ledger (so far, while it runs) and one page of what could not be read."""

    scan: Scan
    coverage: Coverage
    failures: Page[ReadFailure]


@dataclass(frozen=True, slots=True)
class _View:
    """A scan as shown now, and the shards whose rows belong to it (None = all)."""

    scan: Scan
    shards: frozenset[str] | None


class ScanQueries:
    """Read side of scans. `sleep` is what `wait` pauses with; its patience goes by the engine's clock."""

    def __init__(self, engine: Engine, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._engine = engine
        self._sleep = sleep

    async def get(self, scan_id: str) -> Scan:
        """The scan; while it runs, with what it counted so far.

        Raises:
            NotFoundError: no such scan, or the text is no scan id.
        """
        return (await self._view(scan_id)).scan

    async def page(self, request: PageRequest, scan_type: ScanType | None = None) -> Page[Scan]:
        """Scans newest first; running ones with what they counted so far."""
        page = await self._engine.scans.page(request, scan_type)
        gate = asyncio.Semaphore(CONCURRENT_READS)

        async def shown(scan: Scan) -> Scan:
            if scan.status.terminal:
                return scan
            async with gate:
                return (await self._look(scan)).scan

        items = await asyncio.gather(*(shown(scan) for scan in page.items))
        return Page(tuple(items), page.total, page.next_after)

    async def results(
        self, scan_id: str, request: PageRequest, severities: tuple[Severity, ...] = ()
    ) -> ScanResults:
        """Findings of the scan, newest first. Its own severity filter was applied when they were kept.

        Raises:
            NotFoundError: no such scan.
        """
        view = await self._view(scan_id)
        page = await self._engine.results.findings(scan_id, request, view.shards, severities)
        return ScanResults(view.scan, Page(await self._joined(page.items), page.total, page.next_after))

    async def exposures(
        self, scan_id: str, request: PageRequest, wanted: ExposureFilter = EVERY_EXPOSURE
    ) -> ScanExposures:
        """Those exposure rows of the scan that `wanted` takes, ordered by their key.

        Raises:
            NotFoundError: no such scan.
        """
        view = await self._view(scan_id)
        page = await self._engine.results.exposures(scan_id, request, view.shards, wanted)
        return ScanExposures(view.scan, page)

    async def attack_paths(self, scan_id: str, request: PageRequest, where: PathFilter) -> ScanPaths:
        """Attack paths of the scan, the worst first.

        Raises:
            NotFoundError: no such scan.
        """
        # Brings the whole exposure engine in: too much for the start of a process that may only serve lists.
        from shared.rules.estate import ESTATE_TYPES, PATH_RULE  # noqa: PLC0415

        view = await self._view(scan_id)
        page = await self._engine.results.attack_paths(scan_id, request, view.shards, where)
        ledger = await self._ledger(view.scan)
        evaluated = any(rule.rule_id == PATH_RULE for rule in ledger.rules)
        looked = (CoverageStatus.READ, CoverageStatus.PARTIAL)
        short = [one for one in ledger.subscriptions if one.status not in looked]
        not_read = tuple(
            one
            for one in ledger.resource_types
            if one.type in ESTATE_TYPES and one.status not in (CoverageStatus.READ, CoverageStatus.SKIPPED)
        )
        complete = evaluated and view.scan.status.terminal and not not_read and not short
        return ScanPaths(view.scan, page, evaluated, complete, not_read)

    async def coverage(self, scan_id: str, request: PageRequest) -> ScanCoverage:
        """The ledger: as finalised, or what is known so far of a scan without one. `request` pages failures.

        Raises:
            NotFoundError: no such scan.
        """
        view = await self._view(scan_id)
        ledger = await self._ledger(view.scan)
        failures = await self._engine.results.failures(scan_id, request, view.shards)
        return ScanCoverage(view.scan, ledger, failures)

    async def _ledger(self, scan: Scan) -> Coverage:
        ledger = await get_ledger(self._engine, scan) if scan.status.terminal else None
        if ledger is None:
            record = await load_record(self._engine, scan)
            ledger = ledger_of(self._engine, scan, record).model_copy(update={"complete": False})
        return ledger

    async def wait(self, scan_id: str, patience: timedelta) -> Scan:
        """The scan once it is over, or as it stands when `patience` runs out.

        Raises:
            NotFoundError: no such scan.
        """
        deadline = self._engine.clock.now() + patience
        pause = POLL_FIRST
        while True:
            scan = await self._stored(scan_id)
            left = (deadline - self._engine.clock.now()).total_seconds()
            if scan.status.terminal or left <= 0:
                return scan
            await self._sleep(min(pause, left))
            pause = min(pause * 2, POLL_LONGEST)

    async def _stored(self, scan_id: str) -> Scan:
        stored = await self._engine.scans.get(scan_id) if is_id(IdKind.SCAN, scan_id) else None
        if stored is None:
            raise NotFoundError("Scan not found")
        return stored.value

    async def _view(self, scan_id: str) -> _View:
        return await self._look(await self._stored(scan_id))

    async def _look(self, scan: Scan) -> _View:
        if scan.status.terminal:
            shards = None if scan.result_shards is None else frozenset(scan.result_shards)
            return _View(scan, shards)
        plans = self._engine.plans
        digest, written = await asyncio.gather(plans.digest(scan.scan_id), plans.markers(scan.scan_id))
        # A worker of the run before may still mark what a resume dropped and plans anew.
        markers = [marker for marker in written if marker.shard_id in digest.shards]
        done = frozenset(marker.shard_id for marker in markers if marker.outcome is ShardOutcome.DONE)
        return _View(scan.model_copy(update={"totals": totals(markers)}), done)

    async def _joined(self, members: Sequence[FrozenFinding]) -> tuple[ScanFinding, ...]:
        gate = asyncio.Semaphore(CONCURRENT_READS)

        async def join(member: FrozenFinding) -> ScanFinding:
            async with gate:
                stored = await self._engine.findings.find(
                    member.observation.subscription_id, member.fingerprint
                )
            return ScanFinding(member, stored.value if stored is not None else None)

        return tuple(await asyncio.gather(*(join(member) for member in members)))
