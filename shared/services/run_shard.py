"""Shards: collection parses a page and projects it, relations join a subscription and record what they find.

Every write has a deterministic key and the marker comes last, so a shard may run any number of times, at the
same time too: the first marker stands.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from shared.domain.coverage import PassedResources, RuleCoverage
from shared.domain.finding import FrozenFinding
from shared.domain.plan import Marker, Shard, ShardOutcome, ShardStage
from shared.domain.scan import Scan
from shared.domain.severity import Severity
from shared.domain.text import one_line
from shared.ports.errors import MissingError
from shared.rules.base import EXPIRES_SOON, RuleStatus
from shared.scanners.base import Outcome, Projection, Related, Scanner
from shared.scanners.details import DetailOrder
from shared.services.check_scan import CheckScan
from shared.services.confirm_exposures import ConfirmExposures
from shared.services.engine import Engine, focus_of
from shared.services.messages import CheckMessage, ShardMessage
from shared.services.page_blobs import get_rows, put_rows
from shared.services.problems import note_problem, noted_problem
from shared.services.record_findings import RecordFindings
from shared.services.signs_of_life import signs_of_life
from shared.services.targets import absent_targets

log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_REASON: Final = 500

LOOK_AHEAD_SHARDS: Final = 200
"""Above so many shards, reading all keys after each of them would cost more than waiting for a check."""


class RunShard:
    """Handles `scan-shards`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._record = RecordFindings(engine)
        self._confirm = ConfirmExposures(engine)
        self._check = CheckScan(engine)

    async def run(self, message: ShardMessage) -> None:
        """Work on a shard and write its marker.

        Raises:
            PortError: storage is away; the message will be delivered again.
        """
        engine = self._engine
        found, shard = await asyncio.gather(
            engine.scans.get(message.scan_id), engine.plans.get_shard(message.scan_id, message.shard_id)
        )
        if found is None or not found.value.status.working or shard is None:
            log.info("shard %s of %s is of no use now", message.shard_id, message.scan_id)
            return
        if message.attempt < shard.attempt:
            # A later attempt was sent on purpose: let that one work.
            return
        scanner = engine.scanner_of(found.value)
        work = self._collect if shard.stage is ShardStage.COLLECT else self._relate
        try:
            if scanner is None:
                raise ValueError("this build has no scanner for the scan")
            async with signs_of_life(engine, shard):
                marker = await work(found.value, shard, scanner)
        except (MissingError, ValueError) as error:
            # The input itself is gone or unreadable: another delivery would meet the same.
            marker = failed_marker(shard, f"{type(error).__name__}: {error}")
        except Exception as error:
            await note_problem(engine, shard.scan_id, shard.shard_id, error)
            raise
        await engine.plans.insert_marker(marker)
        await self._look_ahead(message.scan_id)

    async def _findings(
        self, scan: Scan, shard: Shard, scanner: Scanner, related: Related, present: set[str]
    ) -> list[FrozenFinding]:
        """Record what was found, and write the rows that this scan keeps of it; all that was found."""
        findings = await self._record.record(scan, shard, related, present=present, rules=scanner.rules())
        await self._engine.results.put_findings(scan.scan_id, shard.shard_id, _filtered(scan, findings))
        return findings

    async def _look_ahead(self, scan_id: str) -> None:
        """After the last shard of a stage, check at once rather than at the next scheduled check."""
        digest = await self._engine.plans.digest(scan_id)
        if not digest.collected or len(digest.shards) > LOOK_AHEAD_SHARDS:
            return
        if digest.waiting:
            return
        found = await self._engine.scans.get(scan_id)
        if found is not None:
            await self._check.run(CheckMessage(scan_id=scan_id, number=found.value.check.number))

    async def fail(self, message: ShardMessage, reason: str) -> None:
        """The broker gave the shard up: mark it failed, unless it has a marker."""
        shard = await self._engine.plans.get_shard(message.scan_id, message.shard_id)
        if shard is not None and message.attempt >= shard.attempt:
            problem = await noted_problem(self._engine, shard.scan_id, shard.shard_id)
            # Without a note a worker died of it: it is not tried on whoever accounts for the dead.
            marker = await self._salvaged(shard) if problem is not None else None
            if shard.stage is ShardStage.RELATE:
                # Its attempts may have died while recording: what they recorded belongs in lists.
                await self._engine.findings.settle(shard.subscription_id or "")
            await self._engine.plans.insert_marker(marker or failed_marker(shard, problem or reason))

    async def _salvaged(self, shard: Shard) -> Marker | None:
        """Details once more, where what fails is named and the rest kept; None when that fails too."""
        found = await self._engine.scans.get(shard.scan_id)
        scanner = self._engine.scanner_of(found.value) if found is not None else None
        if shard.part is None or found is None or scanner is None or not found.value.status.working:
            return None
        try:
            async with signs_of_life(self._engine, shard):
                return await self._collect(found.value, shard, scanner, last=True)
        except Exception:
            log.exception("shard %s of %s could not be salvaged", shard.shard_id, shard.scan_id)
            return None

    async def _collect(self, scan: Scan, shard: Shard, scanner: Scanner, *, last: bool = False) -> Marker:
        engine = self._engine
        rows, focus = await get_rows(engine.blobs, shard.blobs[0]), focus_of(scan, shard.scope)
        if shard.part is None:
            collected = await asyncio.to_thread(scanner.collect, rows, focus)
        else:
            orders = [DetailOrder.from_json(one) for one in rows[shard.part]]
            collected = await scanner.read_details(orders, focus, engine.reads, last=last)
        del rows
        projections: dict[str, str] = {}
        for subscription, columns in collected.projections.items():
            name = f"{scan.scan_id}/columns/{shard.shard_id}/{subscription}-{engine.tokens.token(8)}.json.z"
            await put_rows(engine.blobs, name, columns)
            projections[subscription] = name
        if collected.failures:
            await engine.results.put_failures(scan.scan_id, shard.shard_id, collected.failures)
        return Marker(
            scan_id=scan.scan_id,
            shard_id=shard.shard_id,
            stage=shard.stage,
            outcome=ShardOutcome.DONE,
            projections=projections,
            types=tuple(collected.types),
            resources_read=collected.resources_read,
            failures=len(collected.failures),
        )

    async def _relate(self, scan: Scan, shard: Shard, scanner: Scanner) -> Marker:
        engine = self._engine
        subscription = shard.subscription_id or ""
        focus = focus_of(scan)
        columns: list[Projection] = []
        for blob in shard.blobs:
            columns += await get_rows(engine.blobs, blob)
        related = await asyncio.to_thread(
            scanner.relate, subscription, columns, focus, shard.asked, as_of=shard.read_at
        )
        present = {str(one["id"]).lower() for one in columns}
        present.update(related.looked_at)
        del columns
        # A changed resource may be a deleted one.
        absent = [] if scan.request.after_change else absent_targets(focus, subscription, present)
        failures = [*related.failures, *absent]
        await self._confirm.confirm(shard, related)
        results, scan_id = engine.results, scan.scan_id
        writes = [results.put_exposures(scan_id, shard.shard_id, related.exposures)]
        if related.attack_paths or scan.run > 1 or shard.attempt > 1:
            writes.append(results.put_attack_paths(scan_id, shard.shard_id, related.attack_paths))
        if failures or scan.run > 1 or shard.attempt > 1:
            writes.append(results.put_failures(scan_id, shard.shard_id, failures))
        findings = await side_by_side(self._findings(scan, shard, scanner, related, present), *writes)
        kept = _filtered(scan, findings)
        return Marker(
            scan_id=scan.scan_id,
            shard_id=shard.shard_id,
            stage=shard.stage,
            outcome=ShardOutcome.DONE,
            subscription_id=subscription,
            rules=_rule_coverage(scanner, related),
            passed=PassedResources.of({rule: one.passed for rule, one in related.outcomes.items()}),
            failures=len(failures),
            by_severity=_by_severity(kept),
            found_by_severity=_by_severity(findings) if len(kept) < len(findings) else None,
            auto_remediable=sum(finding.observation.auto_remediable for finding in kept),
            exposures=len({row.key for row in related.exposures}),
            expiring_soon=_expiring_soon(scanner, related),
            attack_paths=len(related.attack_paths),
            attack_paths_omitted=related.paths_omitted,
        )


async def side_by_side(first: Coroutine[Any, Any, T], *others: Coroutine[Any, Any, None]) -> T:
    """Await all; the first's result. One that fails ends the others, and its own error is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(first)
            for other in others:
                group.create_task(other)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    return task.result()


def failed_marker(shard: Shard, reason: str) -> Marker:
    """The marker of a shard that will not be done."""
    return Marker(
        scan_id=shard.scan_id,
        shard_id=shard.shard_id,
        stage=shard.stage,
        outcome=ShardOutcome.FAILED,
        reason=one_line(reason, MAX_REASON),
        subscription_id=shard.subscription_id,
    )


def _filtered(scan: Scan, findings: list[FrozenFinding]) -> list[FrozenFinding]:
    """Findings that the scan's own severity filter keeps; the records keep all (contract C-11)."""
    wanted = scan.request.severity_filter
    return [one for one in findings if not wanted or one.observation.severity in wanted]


def _by_severity(findings: list[FrozenFinding]) -> dict[Severity, int]:
    return dict(Counter(finding.observation.severity for finding in findings))


def _expiring_soon(scanner: Scanner, related: Related) -> int | None:
    """How many findings are about credentials that end within the operator's window."""
    if not any(rule.credential for rule in scanner.rules()):
        return None
    return sum(one.evidence.get(EXPIRES_SOON) is True for one in related.observations)


def _rule_coverage(scanner: Scanner, related: Related) -> tuple[RuleCoverage, ...]:
    nothing = Outcome()
    outcomes = {rule.rule_id: related.outcomes.get(rule.rule_id, nothing) for rule in scanner.rules()}
    return tuple(
        RuleCoverage(
            rule_id=rule_id,
            evaluated=said.tally.total(),
            passed=said.tally[RuleStatus.PASS],
            failed=said.tally[RuleStatus.FAIL],
            errors=said.tally[RuleStatus.ERROR],
            not_applicable=said.tally[RuleStatus.NOT_APPLICABLE],
            reason=said.reason[:MAX_REASON] if said.reason else None,
        )
        for rule_id, said in sorted(outcomes.items())
    )
