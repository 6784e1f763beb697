"""Reading posture: the latest, that of one framework with its evidence, and how it went over time.

Posture is that of the latest full scan that ended `completed` or `partial` (contract A-06). A framework is
shown of the same scan, so that both say the same score (I-6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from shared.domain.coverage import RuleCoverage
from shared.domain.errors import NotFoundError
from shared.domain.finding import FrozenFinding
from shared.domain.page import PageRequest
from shared.domain.posture import FrameworkPosture, PostureSnapshot
from shared.domain.scan import Scan, ScanStatus, ScanType
from shared.frameworks.model import Framework
from shared.frameworks.registry import current, frameworks
from shared.services.engine import Engine
from shared.services.ledgers import get_ledger

FINDINGS_PER_RULE: Final = 20
"""Findings of a rule that evidence shows."""

FINDINGS_PER_READ: Final = 900
READS: Final = 10
"""Findings of a scan are listed by time and not by rule: evidence is looked for in the latest 9,000."""

ENDED: Final = frozenset({ScanStatus.COMPLETED, ScanStatus.PARTIAL})
WHOLE: Final = frozenset({ScanType.FULL, ScanType.COMPLIANCE_ONLY})
"""Scans whose scores are shown without being asked for: the others look at a part of what controls ask."""


@dataclass(frozen=True, slots=True)
class Posture:
    """A scan that ended, and what it says of compliance."""

    scan: Scan
    snapshot: PostureSnapshot

    @property
    def frameworks(self) -> tuple[str, ...]:
        """Frameworks that the scan speaks of: those asked for, else the current ones."""
        asked = self.scan.request.compliance_frameworks
        whole = self.scan.request.scan_type in WHOLE and not self.scan.request.custom_rules
        return asked or (current() if whole else ())

    @property
    def assessed(self) -> Mapping[str, FrameworkPosture]:
        """Those of them with at least one control that passed or failed, in order of the ids."""
        found = {name: self.snapshot.frameworks.get(name) for name in sorted(self.frameworks)}
        return {name: one for name, one in found.items() if one is not None and one.assessed}

    @property
    def scores(self) -> dict[str, float]:
        """Framework id -> score, of those that were assessed."""
        return {name: one.score for name, one in self.assessed.items()}


@dataclass(frozen=True, slots=True)
class ComplianceView:
    """One framework in one scan: every control's status, what its rules said, and findings as evidence.

    `tallies` are of the framework's rules that ran. `findings` are by rule, newest first, some of each;
    `whole` says that they were looked for in all findings of the scan. `passed` are ids of some resources
    that each rule passed on.
    """

    posture: Posture
    framework: Framework
    result: FrameworkPosture
    tallies: Mapping[str, RuleCoverage]
    findings: Mapping[str, tuple[FrozenFinding, ...]]
    whole: bool
    passed: Mapping[str, tuple[str, ...]]


class PostureQueries:
    """Read side of posture. Evidence is looked for in `reads` pages of `findings_per_read` findings."""

    def __init__(
        self, engine: Engine, *, reads: int = READS, findings_per_read: int = FINDINGS_PER_READ
    ) -> None:
        self._engine = engine
        self._reads = reads
        self._findings_per_read = findings_per_read

    def frameworks(self) -> Mapping[str, Framework]:
        """Every framework of this build by id, in order of the ids."""
        return frameworks()

    def framework(self, framework_id: str) -> Framework:
        """One framework.

        Raises:
            NotFoundError: no such framework.
        """
        found = frameworks().get(framework_id)
        if found is None:
            raise NotFoundError("Framework not found")
        return found

    async def latest(self) -> Posture:
        """Of the latest full scan that ended.

        Raises:
            NotFoundError: there is none.
        """
        async with aclosing(self._ended(ScanType.FULL)) as ended:
            async for posture in ended:
                return posture
        raise NotFoundError("No full scan has completed yet")

    async def trend(self, limit: int) -> list[Posture]:
        """Of the latest full scans that ended, newest first."""
        found: list[Posture] = []
        async with aclosing(self._ended(ScanType.FULL)) as ended:
            async for posture in ended:
                found.append(posture)
                if len(found) == limit:
                    break
        return found

    async def of_scan(self, scan: Scan) -> Posture | None:
        """Of one scan; None while it runs, and where it ended before posture was taken."""
        if scan.status not in ENDED:
            return None
        snapshot = await self._engine.postures.get(scan.scan_id, scan.run, scan.request.scan_type)
        return None if snapshot is None else Posture(scan, snapshot)

    async def compliance(self, framework_id: str) -> ComplianceView:
        """One framework in the latest full scan; in the latest compliance scan where there is no full one.

        Raises:
            NotFoundError: no such framework, or no scan that ended.
        """
        framework = self.framework(framework_id)
        posture = await self._assessing(framework_id)
        ledger = await get_ledger(self._engine, posture.scan)
        named = {rule for control in framework.controls for rule in control.rules}
        tallies = {rule.rule_id: rule for rule in ledger.rules if rule.rule_id in named}
        failing = {rule for rule, tally in tallies.items() if tally.failed}
        findings, whole = await self._evidence(posture.scan, failing)
        result = posture.snapshot.frameworks[framework_id]
        passed = {rule: ledger.passed.of_rule(rule) for rule in tallies}
        return ComplianceView(posture, framework, result, tallies, findings, whole, passed)

    async def _assessing(self, framework_id: str) -> Posture:
        for scan_type in (ScanType.FULL, ScanType.COMPLIANCE_ONLY):
            async with aclosing(self._ended(scan_type)) as ended:
                latest = await anext(ended, None)
            if latest is not None and framework_id in latest.snapshot.frameworks:
                return latest
        raise NotFoundError("No scan that assesses this framework has completed yet")

    async def _ended(self, scan_type: ScanType) -> AsyncGenerator[Posture, None]:
        """Snapshots whose run is the one that their scan ended with."""
        async with aclosing(await self._engine.postures.newest(scan_type)) as snapshots:
            async for snapshot in snapshots:
                stored = await self._engine.scans.get(snapshot.scan_id)
                if stored is None or stored.value.run != snapshot.run or stored.value.status not in ENDED:
                    continue
                if stored.value.request.narrow:
                    continue  # a resource, a group or a choice of rules says nothing of the whole
                yield Posture(stored.value, snapshot)

    async def _evidence(
        self, scan: Scan, failing: set[str]
    ) -> tuple[dict[str, tuple[FrozenFinding, ...]], bool]:
        """Some findings of each failing rule, and whether all of them were looked through.

        A severity filter keeps some out of the scan's rows: then they were not.
        """
        found: defaultdict[str, list[FrozenFinding]] = defaultdict(list)
        shards = None if scan.result_shards is None else frozenset(scan.result_shards)
        after: str | None = None
        kept = not scan.request.severity_filter
        whole = not failing
        for _ in range(self._reads if failing else 0):
            page = await self._engine.results.findings(
                scan.scan_id, PageRequest(limit=self._findings_per_read, after=after), shards
            )
            for one in page.items:
                of_rule = found[one.observation.rule_id]
                if one.observation.rule_id in failing and len(of_rule) < FINDINGS_PER_RULE:
                    of_rule.append(one)
            after = page.next_after
            whole = after is None and kept
            if after is None or all(len(found[rule]) == FINDINGS_PER_RULE for rule in failing):
                break
        return {rule: tuple(found[rule]) for rule in sorted(failing)}, whole
